# SPDX-License-Identifier: GPL-3.0-or-later
"""Distortion of UV maps whose singular values are known."""

from __future__ import annotations

import numpy as np
import pytest
from drape.distortion import metrics
from drape.distortion.metrics import Distortion, Floats, Surface, measure, values_of

SQUARE = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], float)
HERE = np.eye(3)


def quads(squares: list[Floats], uv: list[Floats]) -> Surface:
    """A surface of quads that share no vertices; each (4, 2), in the plane, or (4, 3)."""
    points = np.concatenate(
        [np.pad(np.asarray(square, float), ((0, 0), (0, 3 - len(square[0])))) for square in squares]
    )
    starts = np.arange(0, len(points), 4, dtype=np.int32)
    triangles = (starts[:, None, None] + np.array([[0, 1, 2], [0, 2, 3]])).reshape(-1, 3).astype(np.int32)
    return Surface(
        points.astype(np.float32),
        np.arange(len(points), dtype=np.int32),
        np.concatenate(uv).astype(np.float32),
        starts,
        triangles,
        np.repeat(np.arange(len(starts), dtype=np.int32), 2),
    )


def one(jacobian: list[list[float]], **options: tuple[int, int]) -> Distortion:
    """A unit square with a texture that `jacobian` (2, 2) makes of it."""
    return measure(quads([SQUARE], [SQUARE @ np.array(jacobian).T]), HERE, **options)


def values(distortion: Distortion, metric: str) -> Floats:
    """(F,) of a metric."""
    found: Floats = values_of(distortion, metric).of_faces
    return found


def test_a_similarity_distorts_nothing() -> None:
    """Turned, three times as large, on a plane that leans."""
    leaning = SQUARE @ np.array([[1, 0, 0], [0, 0.6, 0.8]])
    turned = 3 * SQUARE @ np.array([[0.6, 0.8], [-0.8, 0.6]]) + 5
    ideal = dict.fromkeys(["AREA", "ANGLE", "UV_EDITOR_AREA", "UV_EDITOR_ANGLE"], 0.0) | {"STRETCH": 1, "DIRICHLET": 1}
    distortion = measure(quads([leaning], [turned]), HERE)
    assert not distortion.broken.any()
    for metric, value in ideal.items():
        assert values(distortion, metric) == pytest.approx([value], abs=1e-3), metric


def test_one_direction_stretched() -> None:
    """Singular values 2 and 1/2 once their product is made 1."""
    distortion = one([[4, 0], [0, 1]])
    assert distortion.s1 == pytest.approx([2])
    assert distortion.s2 == pytest.approx([0.5])
    assert values(distortion, "AREA") == pytest.approx([0], abs=1e-9)
    assert values(distortion, "ANGLE") == pytest.approx([2 * np.degrees(np.arcsin(1.5 / 2.5))])
    assert values(distortion, "STRETCH") == pytest.approx([np.sqrt((4 + 0.25) / 2)])
    assert values(distortion, "DIRICHLET") == pytest.approx([(4 + 0.25 + 0.25 + 4) / 4])


def test_sheared() -> None:
    """The singular values are those of the matrix."""
    jacobian = [[1.0, 0.7], [0.0, 1.0]]
    distortion = one(jacobian)
    np.testing.assert_allclose([distortion.s1[0], distortion.s2[0]], np.linalg.svd(jacobian)[1], rtol=1e-6)


def test_any_triangle_has_the_singular_values_of_its_jacobian() -> None:
    """Against numpy's decomposition, in a frame of each triangle's own."""
    rng = np.random.default_rng(0)
    points, uv = rng.normal(size=(30, 3)).astype(np.float32), rng.normal(size=(30, 2)).astype(np.float32)
    corners = np.arange(30, dtype=np.int32)
    surface = Surface(points, corners, uv, corners[::3], corners.reshape(-1, 3), np.arange(10, dtype=np.int32))
    distortion = measure(surface, HERE)
    scale = np.sqrt(distortion.texture_area.sum() / distortion.area.sum())
    for face, (a, b, c) in enumerate(surface.triangles):
        edges, texture = np.array([points[b] - points[a], points[c] - points[a]], float), [uv[b] - uv[a], uv[c] - uv[a]]
        frame, lengths = np.linalg.qr(edges.T)
        jacobian = np.transpose(texture) @ np.linalg.inv(lengths)
        np.testing.assert_allclose(
            [distortion.s1[face], distortion.s2[face]], np.linalg.svd(jacobian)[1] / scale, rtol=1e-4
        )
        normal = np.cross(frame[:, 0], frame[:, 1]) @ np.cross(edges[0], edges[1])
        assert distortion.flipped[face] == (np.linalg.det(jacobian) * np.sign(normal) < 0)


def test_areas_count_relative_to_each_other() -> None:
    """A square whose share of the texture is four times that of its neighbour, of equal size."""
    distortion = measure(quads([SQUARE, SQUARE + 3], [2 * SQUARE, SQUARE]), HERE)
    assert values(distortion, "AREA") == pytest.approx(np.log2([8 / 5, 2 / 5]))
    assert values(distortion, "UV_EDITOR_AREA") == pytest.approx([1 - 5 / 8, 1 - 2 / 5])


def test_a_cylinder_unrolled_is_isometric() -> None:
    """Its faces are flat, and as wide in the texture as on the surface."""
    angles = np.linspace(0, 2 * np.pi, 13)
    ring = np.stack([np.cos(angles), np.sin(angles)], 1)
    width = np.linalg.norm(ring[1] - ring[0])
    faces = [
        np.array([[*ring[i], 0], [*ring[i + 1], 0], [*ring[i + 1], 2], [*ring[i], 2]]) for i in range(12)
    ]  # fmt: skip
    uv = [(SQUARE + np.array([i, 0])) * [width, 2] for i in range(12)]
    distortion = measure(quads(faces, uv), HERE)
    np.testing.assert_allclose(values(distortion, "DIRICHLET"), 1, rtol=1e-5)
    assert not distortion.flipped.any()


def test_mirrored() -> None:
    """Flipped, but otherwise as its mirror image."""
    distortion = one([[-4, 0], [0, 1]])
    assert distortion.flipped.all()
    assert not distortion.degenerate.any()
    assert values(distortion, "ANGLE") == pytest.approx(values(one([[4, 0], [0, 1]]), "ANGLE"))


def test_half_a_quad_turned_over() -> None:
    """One corner pulled across the diagonal: one of its triangles is mirrored, so the face is flipped."""
    texture = SQUARE.copy()
    texture[3] = [0.8, 0.2]
    assert measure(quads([SQUARE], [texture]), HERE).flipped.all()


@pytest.mark.parametrize("flat", ["surface", "texture"])
def test_without_area(flat: str) -> None:
    """No numbers for the face without area, and none of its neighbour's spoilt."""
    line = SQUARE * [1, 0]
    bad = (line, SQUARE) if flat == "surface" else (SQUARE, line)
    distortion = measure(quads([SQUARE, bad[0] + 2], [SQUARE, bad[1]]), HERE)
    assert distortion.degenerate.tolist() == [False, True]
    for metric in metrics.METRICS:
        assert np.isfinite(values(distortion, metric)).tolist() == [True, False]
        assert np.isfinite(list(values_of(distortion, metric).figures.values())).all()


def test_nothing_but_degenerate_faces() -> None:
    """There are no figures."""
    figures = values_of(measure(quads([SQUARE], [SQUARE * 0]), HERE), "ANGLE").figures
    assert np.isnan(list(figures.values())).all()


def test_texel_density() -> None:
    """A texture of 512 x 128 pixels, all of it on a square of 2 m, in an object scaled to that size."""
    distortion = measure(quads([SQUARE], [SQUARE]), 2 * HERE, (512, 128))
    assert values(distortion, "DENSITY") == pytest.approx([np.sqrt(512 * 128) / 2])


def test_the_textures_proportions_count_for_angles() -> None:
    """A square that fills a texture twice as wide as high is stretched; half of its width makes it right."""
    assert values(one([[1, 0], [0, 1]], texture=(200, 100)), "ANGLE")[0] > 30
    assert values(one([[0.5, 0], [0, 1]], texture=(200, 100)), "ANGLE") == pytest.approx([0], abs=1e-3)


def test_the_uv_editors_angle() -> None:
    """A right angle of the square that comes to 45 degrees in the texture: d is 1/4 of pi at each corner."""
    distortion = one([[1, 1], [0, 1]])
    assert values_of(distortion, "UV_EDITOR_ANGLE").values == pytest.approx([1 - (1 - 0.25) ** 2] * 4)


def test_the_uv_editor_does_not_know_the_objects_scale() -> None:
    """Ours counts it: the surface is what the world sees."""
    stretched = measure(quads([SQUARE], [SQUARE]), np.diag([2.0, 1, 1]))
    assert values(stretched, "UV_EDITOR_ANGLE") == pytest.approx([0], abs=1e-6)
    assert stretched.s1 / stretched.s2 == pytest.approx([2])


def test_figures_are_means_over_the_surface() -> None:
    """Two faces, one nine times as large as the other."""
    distortion = measure(quads([3 * SQUARE, SQUARE], [3 * SQUARE, SQUARE * [2, 1]]), HERE)
    large, small = values(distortion, "ANGLE")
    figures = values_of(distortion, "ANGLE").figures
    assert figures["mean"] == pytest.approx(0.9 * large + 0.1 * small)
    assert (figures["median"], figures["max"]) == (large, small)
