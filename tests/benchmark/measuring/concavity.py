# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a hollow comes out hollow."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull

STRIDE = 4  # pixels; hulls of every one would take minutes
DEEP = 0.05  # of the true range: what lies farther below the rim counts as inside

Floats = NDArray[np.floating]


def concave_share(depth: Floats, truth: Floats, where: NDArray[np.bool_]) -> float:
    """Share of the inner pixels at which `depth` (N, N) lies below the rim, as it does in `truth`; both in half crops.

    Inner are those of every STRIDE-th pixel of `where` at which the true surface lies DEEP below its own convex hull,
    which spans the hollow from rim to rim. The rim over a pixel is the depth at the corners of the hull's triangle over
    it, weighted as the pixel lies between them. NaN where nothing is hollow.
    """
    depth, truth, where = depth[::STRIDE, ::STRIDE], truth[::STRIDE, ::STRIDE], where[::STRIDE, ::STRIDE]
    rows, columns = np.nonzero(where)
    plane = np.column_stack([columns, -rows]) * (2 / len(where))
    level = truth[where].astype(np.float64)
    hull = ConvexHull(np.column_stack([plane, level]))
    towards_camera = hull.simplices[hull.equations[:, 2] > 1e-9]
    inside, rim = np.zeros(len(level), bool), np.full(len(level), np.nan)
    for corners in towards_camera:
        low, high = plane[corners].min(0), plane[corners].max(0)
        near = np.flatnonzero(((plane >= low) & (plane <= high)).all(1))
        if len(near) <= 3:
            continue  # the corners alone
        weights = _barycentric(plane[corners], plane[near])
        over = (weights >= -1e-9).all(1)
        pixels = near[over]
        inside[pixels] |= weights[over] @ level[corners] - level[pixels] > DEEP * np.ptp(level)
        rim[pixels] = weights[over] @ depth[where][corners]
    return float((rim > depth[where])[inside].mean()) if inside.any() else float("nan")


def _barycentric(triangle: Floats, points: Floats) -> Floats:
    """Weights (P, 3) of the corners of `triangle` (3, 2) at `points` (P, 2)."""
    system = np.vstack([triangle.T, np.ones(3)])
    return np.linalg.solve(system, np.vstack([points.T, np.ones(len(points))])).T
