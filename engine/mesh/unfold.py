# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes the last folds out of texture coordinates that are otherwise good."""

from __future__ import annotations

import math

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from engine.geometry.triangles import signed_areas

LEAST_AREA = 0.001  # of a triangle in the texture, by its area in the picture
GROWTH = 1.4  # of the reach, from one try to the next
MAX_REACH = 32  # rings of triangles

Floats = NDArray[np.float64]
Ints = NDArray[np.integer]


def unfolded(coordinates: Floats, positions: Floats, triangles: Ints) -> Floats:
    """Texture `coordinates` (V, 2) under which all `triangles` (T, 3) lie the same way round as in the picture.

    positions: (V, 2) in the picture, in the coordinates' unit; no triangle lies flat there. Round triangles that lie
    flat or turned over in the texture the displacements between the two are blurred, as near and as little as helps.
    What is folded over more than MAX_REACH rings stays so.
    """
    wanted = LEAST_AREA * signed_areas(positions[triangles])
    if (signed_areas(coordinates[triangles]) >= wanted).all():
        return coordinates
    flat = coordinates.copy()
    smooth = _mean_of_neighbours(triangles, len(positions))
    reach = 1
    while (folded := signed_areas(flat[triangles]) < wanted).any() and reach <= MAX_REACH:
        near = np.zeros(len(flat))
        near[triangles[folded]] = 1
        blurred = flat - positions
        for _ in range(reach):
            near = (smooth @ near > 0).astype(np.float64)
        for _ in range(reach):
            near = smooth @ near
        for _ in range(reach**2 // 2 + 1):
            blurred = smooth @ blurred
        flat += near[:, None] * (positions + blurred - flat)
        reach = math.ceil(GROWTH * reach)
    return flat


def _mean_of_neighbours(triangles: Ints, count: int) -> sp.csr_array:
    """The operator (V, V) that gives each vertex the mean over itself and those it shares a triangle with."""
    pairs = np.concatenate([triangles[:, [a, b]] for a in range(3) for b in range(3)])
    shared = sp.coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), (count, count)).tocsr()
    shared.data[:] = 1
    return sp.csr_array(sp.diags_array(1 / shared.sum(1)) @ shared)
