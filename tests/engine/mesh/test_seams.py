# SPDX-License-Identifier: GPL-3.0-or-later
"""Charts are shifted so that a pattern goes on."""

from __future__ import annotations

import numpy as np
import pytest

from engine.geometry.triangles import Floats, Triangles
from engine.mesh.charts import adjacent, edge_corners
from engine.mesh.seams import FITS, aligned_at_seams
from engine.mesh.unwrap import unwrap
from engine.methods.pop3d.output import equal_density
from tests.engine.mesh.shapes import shape


@pytest.fixture(scope="module", params=["slab", "torus"])
def mesh(request: pytest.FixtureRequest) -> Triangles:
    return shape(request.param)


@pytest.fixture(scope="module")
def coordinates(mesh: Triangles) -> Floats:
    return equal_density(mesh, unwrap(mesh, 256))


def torn(mesh: Triangles, coordinates: Floats) -> float:
    """Length of the seams across which a pattern doesn't go on."""
    ends = coordinates.reshape(-1, 2)[edge_corners(mesh)]
    gap = np.linalg.norm((ends[:, 0] - ends[:, 1]).mean(1), axis=1)
    return float(adjacent(mesh)[1][gap > 2 * FITS].sum())


def test_a_pattern_goes_on_across_seams(mesh: Triangles, coordinates: Floats) -> None:
    assert torn(mesh, aligned_at_seams(mesh, coordinates)) < 0.7 * torn(mesh, coordinates)


def test_charts_are_shifted_and_no_more(mesh: Triangles, coordinates: Floats) -> None:
    shift = aligned_at_seams(mesh, coordinates) - coordinates
    assert shift == pytest.approx(np.broadcast_to(shift[:, :1], shift.shape), abs=1e-6)
    places = np.unique(shift[:, 0].round(4), axis=0)
    assert 4 < len(places) < 16
    assert (places == 0).all(1).any()  # the largest stays


def test_a_slabs_sides_are_a_net() -> None:
    """Its front and those round it, as if it were folded open."""
    slab = shape("slab")
    flat = aligned_at_seams(slab, equal_density(slab, unwrap(slab, 256))).mean(1)
    normals = slab.face_normals()
    front, right, left, top, bottom = (
        flat[normals @ np.array(side, np.float32) > 0.99].mean(0)
        for side in ([0, -1, 0], [1, 0, 0], [-1, 0, 0], [0, 0, 1], [0, 0, -1])
    )
    for side, way in ((right, [1, 0]), (left, [-1, 0]), (top, [0, 1]), (bottom, [0, -1])):
        distance = 0.5 * (1.6 * abs(way[0]) + 0.8 * abs(way[1]) + 0.3) / 1.6
        assert side - front == pytest.approx(np.array(way) * distance, abs=0.04)
