# SPDX-License-Identifier: GPL-3.0-or-later
"""The outline blown up like a balloon: the depth that one would guess from the silhouette alone."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from engine.geometry.sparse import factorized


def inflate(mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Depth (N, N) of the inflated `mask` (N, N), in half crops towards the camera, 0 at the contour, NaN outside.

    z^2 solves Poisson's equation Laplacian(z^2) = -4 with z = 0 outside, so that a disc becomes a hemisphere.
    """
    depth = np.full(mask.shape, np.nan)
    if not mask.any():
        return depth
    size = mask.shape[0]
    index = np.full((size + 2, size + 2), -1)
    inside = np.pad(mask, 1)
    index[inside] = np.arange(mask.sum())
    rows, columns = [], []
    for shift, axis in ((1, 0), (-1, 0), (1, 1), (-1, 1)):
        neighbour = np.roll(index, shift, axis)[inside]
        rows.append(np.flatnonzero(neighbour >= 0))
        columns.append(neighbour[neighbour >= 0])
    adjacent = sp.coo_array((np.ones(sum(map(len, rows))), (np.concatenate(rows), np.concatenate(columns))),
                            shape=(mask.sum(),) * 2)  # fmt: skip
    squared = factorized(4 * sp.eye_array(mask.sum()) - adjacent).solve(np.full(mask.sum(), 4 * (2 / size) ** 2))
    depth[mask] = np.sqrt(squared)
    return depth
