# SPDX-License-Identifier: GPL-3.0-or-later
"""Conformal texture coordinates of what a view shows: the truth that the alignment prior learns."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
import scipy.sparse.linalg as spl
from numpy.typing import NDArray

from engine.geometry.conformal_map import flatten_near_identity

# A step in depth steeper than this is an occlusion: there one part hides another, the surface isn't continuous.
OCCLUSION_SLOPE = 6.0
FARTHEST = 4.0
"""Coordinates beyond this many half crops are of no use: the surface folds away from the camera."""


def conformal_coordinates(depth: NDArray[np.float64], mask: NDArray[np.bool_]) -> NDArray[np.float64] | None:
    """Texture coordinates (N, N, 2) of the surface of `depth` (N, N) in half crops where `mask` (N, N), the conformal
    map nearest the identity; NaN outside the mesh of the mask. None where there is no reasonable one.
    """
    coordinates = flatten_near_identity(relief(depth, mask), mask)
    inside = np.isfinite(coordinates[..., 0])
    if not inside.any() or np.abs(coordinates[inside]).max() > FARTHEST:
        return None
    return coordinates


def relief(depth: NDArray[np.float64], mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """`depth` (N, N) without its occlusion steps: a Poisson reconstruction that leaves their gradients out.

    The parts on both sides keep their shapes; their distance becomes what their other borders say.
    """
    n = mask.shape[0]
    index = np.full(mask.shape, -1)
    index[mask] = np.arange(mask.sum())
    filled = np.where(mask, depth, 0.0)
    rows, columns, steps = [], [], []
    for axis in (0, 1):
        a, b = (np.take(index, r, axis).ravel() for r in (range(n - 1), range(1, n)))
        step = np.diff(filled, axis=axis).ravel()
        both = (a >= 0) & (b >= 0)
        rows.append(a[both])
        columns.append(b[both])
        steps.append(step[both])
    a, b, step = (np.concatenate(parts) for parts in (rows, columns, steps))
    occluded = np.abs(step) * n / 2 > OCCLUSION_SLOPE
    if not occluded.any():
        return filled
    weight = np.where(occluded, 1e-4, 1.0)
    edges = np.arange(len(a))
    difference = sp.csr_matrix(
        (np.r_[-np.ones(len(a)), np.ones(len(a))], (np.r_[edges, edges], np.r_[a, b])), (len(a), int(mask.sum()))
    )
    weighted = difference.T @ sp.diags(weight)
    system = (weighted @ difference + 1e-9 * sp.eye(int(mask.sum()))).tocsc()
    solution = spl.splu(system, permc_spec="MMD_AT_PLUS_A").solve(weighted @ np.where(occluded, 0.0, step))
    result = np.zeros_like(filled)
    result[mask] = solution - solution.mean()
    return result
