# SPDX-License-Identifier: GPL-3.0-or-later
"""Texture coordinates of meshes of which one knows how they can be laid out."""

from __future__ import annotations

import numpy as np
import pytest

from engine.geometry.distortion import stretch
from engine.geometry.triangles import Floats, RayCaster, Triangles
from engine.mesh.charts import charts
from engine.mesh.flatten import flattened
from engine.mesh.unwrap import unwrap
from tests.engine.mesh.shapes import shape

SIZE = 512


@pytest.fixture(scope="module", params=["sphere", "torus", "slab", "mug"])
def mesh(request: pytest.FixtureRequest) -> Triangles:
    return shape(request.param)


@pytest.fixture(scope="module")
def coordinates(mesh: Triangles) -> Floats:
    return unwrap(mesh, SIZE)


def covered(coordinates: Floats) -> tuple[float, float]:
    """Shares of a square's texels that charts cover, and that they cover more than once."""
    corners = np.empty((len(coordinates), 3, 3), np.float32)
    corners[..., :2], corners[..., 2] = coordinates, np.linspace(0, 1, len(coordinates))[:, None]
    caster = RayCaster(Triangles(corners.reshape(-1, 3), np.arange(3 * len(coordinates)).reshape(-1, 3)))
    u, v = (axis.ravel() for axis in np.meshgrid(*[(np.arange(SIZE) + 0.5) / SIZE] * 2))
    up = np.broadcast_to(np.array([0, 0, 1], np.float32), (SIZE**2, 3))
    below, _ = caster.first_hits(np.stack([u, v, -np.ones_like(u)], 1).astype(np.float32), up)
    above, _ = caster.first_hits(np.stack([u, v, 2 * np.ones_like(u)], 1).astype(np.float32), -up)
    return float((below >= 0).mean()), float((below != above).mean())


def test_charts_do_not_overlap(coordinates: Floats) -> None:
    assert coordinates.min() >= 0
    assert coordinates.max() <= 1
    share, twice = covered(coordinates)
    assert share > 0.35
    assert twice < 1e-5


def test_the_mugs_handle_would_lie_on_its_chart() -> None:
    """Were it not cut out."""
    mesh = shape("mug")
    chart = charts(mesh)
    flat = flattened(mesh, chart)
    own = [flat[chart == k] - flat[chart == k].min((0, 1)) for k in range(chart.max() + 1)]
    assert max(covered((corners / corners.max()).astype(np.float32))[1] for corners in own) > 1e-3


def test_none_is_mirrored(coordinates: Floats) -> None:
    a, b, c = coordinates.astype(np.float64).transpose(1, 0, 2)
    assert ((b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0] > 0).all()


def test_shapes_are_kept(mesh: Triangles, coordinates: Floats) -> None:
    area, angle = stretch(mesh, coordinates)
    assert area < 0.1
    assert angle < 1.5


def test_the_front_stands_upright(mesh: Triangles, coordinates: Floats) -> None:
    front = mesh.face_normals()[:, 1] < -0.9
    places, flat = mesh.vertices[mesh.faces[front]], coordinates[front]
    sides = np.stack([places[:, 1] - places[:, 0], places[:, 2] - places[:, 0]], 1)[..., [0, 2]]
    moves = np.stack([flat[:, 1] - flat[:, 0], flat[:, 2] - flat[:, 0]], 1)
    turned = np.linalg.solve(sides.astype(np.float64), moves.astype(np.float64)).mean(0)
    assert abs(turned[0, 1]) < 0.1 * turned[0, 0]
    assert abs(turned[1, 0]) < 0.1 * turned[1, 1]
