# SPDX-License-Identifier: GPL-3.0-or-later
"""The rim of an open surface as a smooth curve in space.

Depth is least certain at the contour, where the surface turns away from the camera: within a pixel it changes by
several, so that what is read off single pixels makes teeth. Along the contour it changes slowly. So the rim's depth is
the smoothing spline through what was read (Reinsch, "Smoothing by spline functions", 1967), and what that changes dies
away over the surface behind.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from engine.geometry.sparse import factorized

SMOOTH = 0.07
"""Half crops: waves of the rim's depth that are 2 pi times as long are halved, shorter ones fade faster."""
DEEP = 0.06
"""Half crops over which the change dies away behind the rim to exp(-1)."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Rim(NamedTuple):
    """The closed curves on which a mesh ends."""

    vertices: Ints
    """(R,) numbers of the vertices on them."""
    following: Ints
    """(R,) place in `vertices` of each one's next."""


def smooth_depth(z: Floats, positions: Floats, faces: Ints, rim: Rim) -> Floats:
    """Depth (V,) of a mesh with `faces` (F, 3 or 4), smooth along its `rim`, from a depth `z` (V,) that needn't be.

    positions: (V, 2) in the picture, all in half crops.
    """
    count = len(rim.vertices)
    ahead = np.linalg.norm(positions[rim.vertices[rim.following]] - positions[rim.vertices], axis=1)
    preceding = np.empty_like(rim.following)
    preceding[rim.following] = np.arange(count)
    back = ahead[preceding]
    share = (ahead + back) / 2
    here = np.arange(count)
    weights = np.concatenate([1 / ahead, 1 / back, -1 / ahead - 1 / back]) / np.tile(share, 3)
    places = np.tile(here, 3), np.concatenate([rim.following, preceding, here])
    bend = sp.csr_array(sp.coo_array((weights, places), (count, count)))
    bending = SMOOTH**4 * (bend.T @ (share[:, None] * bend))
    change = np.zeros(len(z))
    change[rim.vertices] = factorized(bending + sp.diags_array(share)).solve(-(bending @ z[rim.vertices]))
    return z + _fading(change, positions, faces, rim)


def _fading(change: Floats, positions: Floats, faces: Ints, rim: Rim) -> Floats:
    """`change` (V,), known on the `rim`, over all the mesh: harmonic, screened so that it fades over DEEP."""
    start, end = faces.ravel(), np.roll(faces, -1, axis=1).ravel()
    both = np.concatenate([start, end]), np.concatenate([end, start])
    linked = sp.csr_array(sp.coo_array((np.ones(len(both[0])), both), (len(change),) * 2))
    linked.data[:] = 1
    spacing = float(np.median(np.linalg.norm(positions[start] - positions[end], axis=1)))
    system = sp.diags_array(linked.sum(1) + (spacing / DEEP) ** 2) - linked
    inner = np.setdiff1d(np.arange(len(change)), rim.vertices)
    spread = change.copy()
    spread[inner] = factorized(sp.csr_array(system)[inner][:, inner]).solve(linked[inner] @ change)
    return spread
