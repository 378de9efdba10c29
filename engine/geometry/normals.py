# SPDX-License-Identifier: GPL-3.0-or-later
"""Normals of a depth map."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


def normals(depth: NDArray[np.floating], mask: Mask) -> Floats:
    """Unit normals (N, N, 3) of `depth` (N, N) in half crops: x right, y up, z towards the camera, NaN outside.

    Normalised cross product of the numerical horizontal and vertical gradients (paper, section 4): central
    differences inside `mask`, one-sided ones at its border, 0 where a pixel has no neighbour along an axis.
    """
    known = np.where(mask, depth, np.nan)
    right, down = _difference(known), _difference(known.T).T
    normal = np.stack([-right, down, np.ones_like(right)], -1)
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    return np.where(np.isfinite(known)[..., None], normal, np.nan)


def _difference(image: Floats) -> Floats:
    """Slope (N, N) along the rows of `image`: mean of the differences to the known neighbours on either side."""
    steps = np.diff(np.pad(image, ((0, 0), (1, 1)), constant_values=np.nan), axis=1) * len(image) / 2
    sides = np.stack([steps[:, :-1], steps[:, 1:]])
    there = np.isfinite(sides)
    return np.where(there, sides, 0.0).sum(0) / np.maximum(there.sum(0), 1)
