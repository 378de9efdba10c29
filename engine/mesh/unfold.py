# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes the last folds out of texture coordinates that are otherwise good."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

LEAST_AREA = 0.02  # of a triangle in the texture, by its area in the picture
PATIENCE = 8  # rounds in which the neighbourhood that is smoothed grows by one ring of triangles
SHRINKING = 0.99  # of displacements a round, to the power of the rings: smoothing alone is slow where folds are large

Floats = NDArray[np.float64]
Ints = NDArray[np.integer]


def unfolded(coordinates: Floats, positions: Floats, triangles: Ints) -> Floats:
    """Texture `coordinates` (V, 2) under which all `triangles` (T, 3) lie the same way round as in the picture.

    positions: (V, 2) in the picture, in the coordinates' unit; no triangle lies flat there. Where triangles lie flat or
    turned over in the texture, the displacements between the two are smoothed, there and in a neighbourhood that grows
    until no fold is left; the larger it is, the more they shrink, too.
    """
    smooth = _mean_of_neighbours(triangles, len(positions))
    seen = _areas(positions, triangles)
    flat = np.array(coordinates, np.float64)
    grown = 0.0
    while (folded := _areas(flat, triangles) < LEAST_AREA * seen).any():
        near = np.zeros(len(flat))
        near[triangles[folded]] = 1
        for _ in range(1 + int(grown)):
            near = smooth @ near
        moving = near > 0
        flat[moving] = positions[moving] + SHRINKING**grown * (smooth @ (flat - positions))[moving]
        grown += 1 / PATIENCE
    return flat


def _areas(points: Floats, triangles: Ints) -> Floats:
    """Twice the signed areas (T,)."""
    a, b, c = np.moveaxis(points[triangles], 1, 0)
    return np.asarray((b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0])


def _mean_of_neighbours(triangles: Ints, count: int) -> sp.csr_array:
    """The operator (V, V) that gives each vertex the mean over itself and those it shares a triangle with."""
    pairs = np.concatenate([triangles[:, [a, b]] for a in range(3) for b in range(3)])
    shared = sp.coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), (count, count)).tocsr()
    shared.data[:] = 1
    return sp.csr_array(sp.diags_array(1 / shared.sum(1)) @ shared)
