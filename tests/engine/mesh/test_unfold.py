# SPDX-License-Identifier: GPL-3.0-or-later
"""Folds are taken out where they are, and nothing else changes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.geometry.grid_mesh import GridMesh
from engine.mesh.unfold import LEAST_AREA, unfolded

MESH = GridMesh.from_mask(np.ones((24, 24), bool))
SHEARED = MESH.positions @ [[1.3, 0.2], [0.4, 0.9]] + [0.1, -0.2]


def areas(coordinates: NDArray[np.float64]) -> NDArray[np.float64]:
    """Signed areas of the triangles in the texture by theirs in the picture, which are half a pixel's."""
    a, b, c = np.moveaxis(coordinates[MESH.triangles], 1, 0)
    return ((b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]) * 12**2


def test_a_map_without_folds_stays_as_it_is() -> None:
    assert np.array_equal(unfolded(SHEARED, MESH.positions, MESH.triangles), SHEARED)


def test_a_fold_goes_and_what_lies_far_from_it_stays() -> None:
    folded = SHEARED.copy()
    middle = np.hypot(*MESH.positions.T) < 0.15
    folded[middle, 0] *= -1
    assert areas(folded).min() < 0
    mended = unfolded(folded, MESH.positions, MESH.triangles)
    assert areas(mended).min() >= LEAST_AREA
    far = np.hypot(*MESH.positions.T) > 0.7
    assert np.array_equal(mended[far], SHEARED[far])


def test_a_mirrored_map_is_turned_round() -> None:
    """Where it is no larger than the reach of the blur."""
    assert areas(unfolded(MESH.positions * [-1, 1], MESH.positions, MESH.triangles)).min() >= LEAST_AREA
