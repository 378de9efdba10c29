# SPDX-License-Identifier: GPL-3.0-or-later
"""The triangle mesh over a mask's pixels."""

from __future__ import annotations

import numpy as np
import pytest

from engine.errors import StageError
from engine.geometry.grid_mesh import GridMesh, inner
from tests.engine.geometry.analytic_shapes import picture_plane


def blank(size: int = 16) -> np.ndarray:
    """An empty mask."""
    return np.zeros((size, size), bool)


def test_a_square_has_both_its_diagonals() -> None:
    """Four triangles on four pixels, all counter-clockwise in x right, y up."""
    mask = blank()
    mask[4:6, 7:9] = True
    mesh = GridMesh.from_mask(mask)
    assert len(mesh.pixels) == len(mesh.triangles) == 4
    a, b, c = mesh.positions[mesh.triangles].transpose(1, 2, 0)
    doubled_area = (b - a)[0] * (c - a)[1] - (b - a)[1] * (c - a)[0]
    assert doubled_area == pytest.approx(np.full(4, mesh.spacing**2))


def test_gradients_are_exact_on_planes() -> None:
    """Right and up, in half crops."""
    rng = np.random.default_rng(0)
    mesh = GridMesh.from_mask(rng.random((20, 20)) < 0.8)
    x, y = mesh.positions.T
    dx, dy = mesh.gradient
    values = 0.7 * x - 1.3 * y + 0.2
    assert dx @ values == pytest.approx(np.full(len(mesh.triangles), 0.7))
    assert dy @ values == pytest.approx(np.full(len(mesh.triangles), -1.3))


def test_positions_are_the_pixels_own() -> None:
    """The identity map read at the vertices; writing it back leaves the rest NaN."""
    mask = blank()
    mask[2:9, 3:12] = True
    mesh = GridMesh.from_mask(mask)
    assert mesh.read(picture_plane(16)) == pytest.approx(mesh.positions)
    assert (np.isfinite(mesh.image(mesh.positions)).all(-1) == mask).all()


def test_threads_and_lone_pixels_are_left_out() -> None:
    """What could turn freely is not part of the mesh; the rest falls into parts."""
    mask = blank()
    mask[1:5, 1:5] = mask[10:13, 9:14] = True
    solid = mask.copy()
    mask[4, 5:9] = mask[15, 0] = mask[5, 5] = True
    mesh = GridMesh.from_mask(mask)
    assert (mesh.used == solid).all()
    count, part = mesh.components
    assert count == 2
    assert sorted(np.bincount(part)) == [15, 16]


def test_a_thread_alone_is_refused() -> None:
    """In one sentence, with what to do."""
    mask = blank()
    mask[7] = True
    with pytest.raises(StageError, match="too thin"):
        GridMesh.from_mask(mask)


def test_inner_pixels_have_all_four_neighbours() -> None:
    """Also at the crop's border."""
    mask = np.ones((4, 4), bool)
    assert inner(mask).sum() == 4
    mask[1, 1] = False
    assert np.flatnonzero(inner(mask)).tolist() == [10]
