# SPDX-License-Identifier: GPL-3.0-or-later
"""Surfaces with a back, checked by trimesh."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from drape.result.closing import Closed, Faces, closed, is_closed, membrane, rim_of, triangles_of, volume
from numpy.typing import NDArray
from trimesh import Trimesh
from trimesh.ray.ray_pyembree import RayMeshIntersector

N = 40
THICKNESS = 0.02

Floats = NDArray[np.float64]


def surface(inside: NDArray[np.bool_], y: Floats) -> tuple[Floats, Faces]:
    """The quads between the places of (N, N) that are all `inside`; x and z from -1 to 1, as far back as `y`."""
    quads = inside[:-1, :-1] & inside[1:, :-1] & inside[:-1, 1:] & inside[1:, 1:]
    corner = np.flatnonzero(np.pad(quads, ((0, 1), (0, 1))))
    used, numbers = np.unique(corner[:, None] + [0, 1, N + 1, N], return_inverse=True)
    x, z = GRID
    return np.stack([x.ravel(), y.ravel(), z.ravel()], 1)[used], Faces(numbers.ravel(), 4 * np.arange(len(corner)))


GRID = tuple(np.meshgrid(np.linspace(-1, 1, N), np.linspace(-1, 1, N)))
AWAY = np.hypot(*GRID)


def dome() -> tuple[Floats, Faces]:
    """Half a ball of radius 0.9, its back open."""
    return surface(AWAY < 0.87, -np.sqrt(np.maximum(0.81 - AWAY**2, 0)))


def bowl() -> tuple[Floats, Faces]:
    """It opens towards the front: all of it lies behind the membrane through its rim."""
    return surface(AWAY < 0.87, 0.5 * (1 - AWAY**2))


def waves_in_pieces() -> tuple[Floats, Faces]:
    """A ring and a disc of steep waves, their rims anywhere."""
    x, z = GRID
    return surface(((AWAY < 0.9) & (AWAY > 0.5)) | (AWAY < 0.3), 0.3 * np.sin(9 * x) * np.cos(7 * z) + 0.2 * x)


def triangle() -> tuple[Floats, Faces]:
    return np.array([[0, 0, 0], [1, 0, 0], [0, 0, 1.0]]), Faces(np.arange(3), np.array([0]))


def checked(made: Closed) -> Trimesh:
    mesh = Trimesh(made.vertices, triangles_of(made.faces), process=False)
    assert is_closed(made.faces)
    assert mesh.is_watertight
    assert mesh.is_winding_consistent
    assert mesh.volume > 0
    assert volume(made.vertices, triangles_of(made.faces)) == pytest.approx(mesh.volume)
    return mesh


@pytest.mark.parametrize("mirror", [True, False])
@pytest.mark.parametrize("shape", [dome, bowl, waves_in_pieces, triangle])
def test_it_encloses_a_volume_and_meets_itself_nowhere(shape: Callable[[], tuple[Floats, Faces]], mirror: bool) -> None:
    vertices, faces = shape()
    made = closed(vertices, faces, mirror=mirror, thickness=THICKNESS)
    np.testing.assert_array_equal(made.vertices[: len(vertices)], vertices)
    mesh = checked(made)
    # A ray from the front to the back goes in once and out once, through the same quad.
    places = np.random.default_rng(0).uniform(-1, 1, (4000, 2))
    origins = np.stack([places[:, 0], np.full(4000, -5), places[:, 1]], 1)
    along = np.broadcast_to([0.0, 1, 0], origins.shape)
    hit, ray = RayMeshIntersector(mesh).intersects_id(origins, along, multiple_hits=True)
    through = np.bincount(ray, minlength=4000)
    assert set(through.tolist()) <= {0, 2}
    assert (through == 2).sum() > 50
    sizes = np.diff(np.append(made.faces.starts, len(made.faces.corners)))
    face = np.repeat(np.arange(len(sizes)), sizes - 2)[hit[np.argsort(ray, kind="stable")]].reshape(-1, 2)
    assert (np.abs(face[:, 1] - face[:, 0]) == made.front_faces).all()


def test_a_hill_is_mirrored() -> None:
    hill = surface(AWAY < 0.9, -np.maximum(0.6 - AWAY**2, 0))
    whole = checked(closed(*hill, mirror=True, thickness=1e-3))
    half = checked(closed(*hill, mirror=False, thickness=1e-3))
    assert whole.volume == pytest.approx(2 * half.volume, rel=0.01)
    assert np.ptp(whole.vertices[:, 1]) == pytest.approx(1.2, abs=0.01)


def test_a_bowl_keeps_a_wall() -> None:
    vertices, faces = bowl()
    made = closed(vertices, faces, mirror=True, thickness=THICKNESS)
    wall = made.vertices[len(vertices) :, 1] - vertices[:, 1]
    assert wall.min() >= THICKNESS / 2
    assert wall.max() <= THICKNESS * 1.01


def test_flat_is_flat() -> None:
    vertices, faces = waves_in_pieces()
    back = closed(vertices, faces, mirror=False, thickness=THICKNESS).vertices[len(vertices) :]
    np.testing.assert_allclose(back[:, 1], vertices[:, 1].max() + THICKNESS)
    np.testing.assert_array_equal(back[:, [0, 2]], vertices[:, [0, 2]])


def test_corners_of_the_back_have_the_texture_in_front_of_them() -> None:
    vertices, faces = dome()
    made = closed(vertices, faces, mirror=True, thickness=THICKNESS)
    np.testing.assert_array_equal(made.faces.corners % len(vertices), faces.corners[made.corner_of])


def test_the_membrane_through_a_tilted_rim_is_a_plane() -> None:
    x, z = GRID
    vertices, faces = surface(AWAY < 0.9, 0.3 * x - 0.2 * z)
    plane = vertices[:, 1].copy()
    rim = rim_of(faces, len(vertices))
    inner = np.setdiff1d(np.arange(len(vertices)), faces.corners[rim])
    vertices[inner, 1] -= np.random.default_rng(0).uniform(0, 1, len(inner))
    np.testing.assert_allclose(membrane(vertices, faces, rim), plane, atol=5e-3)


def test_an_edge_of_three_faces_is_not_closed() -> None:
    made = closed(*dome(), mirror=True, thickness=THICKNESS)
    assert not is_closed(Faces(made.faces.corners[4:], made.faces.starts[:-1]))
