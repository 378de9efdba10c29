# SPDX-License-Identifier: GPL-3.0-or-later
"""The draped mesh of shapes known in closed form."""

from __future__ import annotations

import numpy as np
import pytest

from engine.errors import StageError
from engine.mesh.front import drape_mesh
from engine.mesh.mesh import Mesh

CENTRE, RADIUS = np.array([0.013, -0.021]), 0.78  # half crops
FINE = 16


def pixel_centres(n: int) -> np.ndarray:
    """x right and y up (N, N, 2), half crops."""
    x = (np.arange(n) + 0.5) / n * 2 - 1
    return np.stack(np.meshgrid(x, -x), -1)


def coverage_of(inside: np.ndarray) -> np.ndarray:
    """How much of each pixel (N, N) is inside, from FINE * FINE samples in each."""
    n = len(inside) // FINE
    return inside.reshape(n, FINE, n, FINE).mean((1, 3))


def from_centre(points: np.ndarray) -> np.ndarray:
    return np.linalg.norm(points - CENTRE, axis=-1)


def dome(n: int, size: float = 1.0) -> Mesh:
    """A paraboloid over a disc, 0.5 high; its texture coordinates are the position doubled."""
    coverage = coverage_of(from_centre(pixel_centres(n * FINE)) < RADIUS)
    depth = 0.5 * (1 - (from_centre(pixel_centres(n)) / RADIUS) ** 2)
    return drape_mesh(np.where(coverage >= 0.5, depth, np.nan), 2 * pixel_centres(n), coverage, size=size)


def flat(inside: np.ndarray) -> Mesh:
    """A flat sheet where the samples (N * FINE, N * FINE) are inside, with the identity map."""
    coverage = coverage_of(inside)
    n = len(coverage)
    return drape_mesh(np.where(coverage >= 0.5, 0.0, np.nan), pixel_centres(n), coverage, size=1.0)


def on_vertices(mesh: Mesh, uv: np.ndarray) -> np.ndarray:
    """A texture coordinate of each vertex (V, 2); asserts that all its corners share one."""
    values = np.zeros((len(mesh.vertices), 2), np.float32)
    values[mesh.faces] = uv
    np.testing.assert_array_equal(values[mesh.faces], uv)
    return values


def position(mesh: Mesh) -> np.ndarray:
    """The vertices' place in the crop (V, 2), half crops, x right and y up."""
    return on_vertices(mesh, mesh.uv_picture) * 2.0 - 1


def edges(mesh: Mesh) -> tuple[np.ndarray, np.ndarray]:
    return mesh.faces.ravel(), np.roll(mesh.faces, -1, axis=1).ravel()


def open_edges(mesh: Mesh) -> tuple[np.ndarray, np.ndarray]:
    start, end = edges(mesh)
    count = len(mesh.vertices)
    single = ~np.isin(start * count + end, end * count + start)
    return start[single], end[single]


def corner_crosses(mesh: Mesh) -> np.ndarray:
    """Cross product at each corner (F, 4) as seen from the front, half crops squared; positive: convex, facing us."""
    corners = position(mesh)[mesh.faces]
    ahead, back = np.roll(corners, -1, axis=1) - corners, np.roll(corners, 1, axis=1) - corners
    return ahead[..., 0] * back[..., 1] - ahead[..., 1] * back[..., 0]


def parts_and_loops(mesh: Mesh) -> tuple[int, int]:
    """Connected parts, and closed loops of open edges."""

    def count(start: np.ndarray, end: np.ndarray) -> int:
        label = np.arange(len(mesh.vertices))
        while True:
            lowest = label.copy()
            np.minimum.at(lowest, start, label[end])
            np.minimum.at(lowest, end, label[start])
            if np.array_equal(lowest, label):
                return len(np.unique(label[start]))
            label = lowest

    return count(*edges(mesh)), count(*open_edges(mesh))


@pytest.mark.parametrize("n", [24, 64, 128])
def test_outline_lies_on_the_contour(n: int) -> None:
    mesh = dome(n)
    start, end = open_edges(mesh)
    outline = position(mesh)
    distance = (from_centre(outline[start]) - RADIUS) * n / 2
    assert np.abs(distance).max() < 0.15
    assert abs(distance.mean()) < 0.03
    lengths = np.linalg.norm(outline[start] - outline[end], axis=1) * n / 2
    assert lengths.min() > 0.4
    assert lengths.max() < 1.5
    turns = turning_angles(outline, start, end)
    assert np.abs(turns).max() < np.radians(25) + 2 / (RADIUS * n / 2)  # no teeth
    assert turns.sum() == pytest.approx(2 * np.pi)


def turning_angles(points: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    following = np.full(len(points), -1)
    following[start] = end
    ahead, back = points[following[end]] - points[end], points[end] - points[start]
    return np.arctan2(back[:, 0] * ahead[:, 1] - back[:, 1] * ahead[:, 0], (back * ahead).sum(1))


@pytest.mark.parametrize("n", [24, 64, 128])
def test_quads_are_convex_and_face_the_camera(n: int) -> None:
    mesh = dome(n)
    assert mesh.faces.shape[1] == 4
    assert corner_crosses(mesh).min() > 0.1 * (2 / n) ** 2
    corners = mesh.vertices[mesh.faces].astype(float)
    normals = np.cross(corners[:, 2] - corners[:, 0], corners[:, 3] - corners[:, 1])
    assert (normals[:, 1] < 0).all()
    outwards = corners.mean(1) - [0, corners[..., 1].max(), corners[..., 2].mean()]
    assert ((normals * outwards).sum(1) > 0).all()


def test_each_edge_has_at_most_two_quads_and_each_vertex_one_fan() -> None:
    start, end = edges(dome(64))
    assert len(np.unique(np.stack([start, end]), axis=1).T) == len(start)
    opening, _ = open_edges(dome(64))
    assert len(np.unique(opening)) == len(opening)


def test_surface_follows_depth_also_beyond_the_last_pixel() -> None:
    mesh = dome(64)
    place = position(mesh)
    scale = (place[:, 0].max() - place[:, 0].min()) / (mesh.vertices[:, 0].max() - mesh.vertices[:, 0].min())
    depth = -mesh.vertices[:, 1] * scale
    truth = 0.5 * (1 - (from_centre(place) / RADIUS) ** 2)
    difference = depth - truth
    assert np.abs(difference - difference.mean()).max() < 0.004


def test_steep_silhouettes_do_not_shoot_out() -> None:
    n = 64
    coverage = coverage_of(from_centre(pixel_centres(n * FINE)) < RADIUS)
    with np.errstate(invalid="ignore"):
        depth = np.nan_to_num(np.sqrt(RADIUS**2 - from_centre(pixel_centres(n)) ** 2))
    mesh = drape_mesh(np.where(coverage >= 0.5, depth, np.nan), pixel_centres(n), coverage, size=2 * RADIUS)
    assert mesh.vertices[:, 1].max() - mesh.vertices[:, 1].min() < 1.05 * RADIUS


@pytest.mark.parametrize("size", [1.0, 0.25])
def test_frame(size: float) -> None:
    mesh = dome(64, size)
    low, high = mesh.vertices.min(0), mesh.vertices.max(0)
    assert (high - low).max() == pytest.approx(size)
    assert low[2] == pytest.approx(0, abs=1e-6)
    np.testing.assert_allclose((low + high)[:2], 0, atol=1e-6)
    assert mesh.vertices[mesh.vertices[:, 1].argmin(), 2] == pytest.approx(size / 2, abs=0.03 * size)  # apex in front
    place = position(mesh)
    for axis, picture_axis in ((0, 0), (2, 1)):
        assert np.corrcoef(mesh.vertices[:, axis], place[:, picture_axis])[0, 1] == pytest.approx(1)


def test_texture_coordinates() -> None:
    mesh = dome(64)
    place = position(mesh)
    np.testing.assert_allclose(place.max(0), CENTRE + RADIUS, atol=0.005)
    np.testing.assert_allclose(place.min(0), CENTRE - RADIUS, atol=0.005)
    np.testing.assert_allclose(on_vertices(mesh, mesh.uv_virtual_texture) * 2.0 - 1, 2 * place, atol=1e-3)
    for array in (mesh.vertices, mesh.uv_picture, mesh.uv_virtual_texture):
        assert array.dtype == np.float32
    assert mesh.faces.dtype == np.int32


def test_parts_and_holes_are_kept() -> None:
    x, y = np.moveaxis(pixel_centres(64 * FINE), -1, 0)
    ring = np.hypot(x + 0.4, y) < 0.5
    ring &= np.hypot(x + 0.4, y) > 0.2
    mesh = flat(ring | (np.hypot(x - 0.6, y - 0.3) < 0.2))
    assert parts_and_loops(mesh) == (2, 3)
    assert corner_crosses(mesh).min() > 0


def test_thin_and_ragged_shapes_stay_valid() -> None:
    x, y = np.moveaxis(pixel_centres(64 * FINE), -1, 0)
    angle = np.arctan2(y, x)
    star = np.hypot(x, y) < 0.45 + 0.45 * np.cos(9 * angle)
    lines = (np.abs(y - 0.3 * x) < 0.025) | (np.abs(x + 0.7 * y) < 0.025)
    noise = np.random.default_rng(1).random((32, 32)) < 0.6
    for inside in (star, lines, np.kron(noise, np.ones((2 * FINE, 2 * FINE))) > 0, np.ones_like(star)):
        mesh = flat(inside)
        assert corner_crosses(mesh).min() > 0
        opening, _ = open_edges(mesh)
        assert len(np.unique(opening)) == len(opening)


def test_far_from_depth_is_outside() -> None:
    n = 64
    depth = np.full((n, n), np.nan)
    depth[20:40, 20:40] = 0
    mesh = drape_mesh(depth, pixel_centres(n), np.ones((n, n)), size=1.0)
    place = (position(mesh) + 1) * n / 2
    np.testing.assert_allclose(place.min(0), [19, 64 - 41], atol=0.2)
    np.testing.assert_allclose(place.max(0), [41, 64 - 19], atol=0.2)


def test_too_thin_for_a_quad() -> None:
    n = 32
    depth = np.full((n, n), np.nan)
    depth[:, 10] = 0
    with pytest.raises(StageError, match="too thin"):
        drape_mesh(depth, pixel_centres(n), np.isfinite(depth) * 0.9, size=1.0)
