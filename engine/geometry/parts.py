# SPDX-License-Identifier: GPL-3.0-or-later
"""Connected parts of masks and of anything that hangs together by pairs."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]


def keep_parts(mask: Floats, share: float) -> Floats:
    """`mask` (H, W) float32 0..1 without the parts that weigh under `share` of the heaviest one.

    A part is a connected region (8 neighbours) where the mask isn't 0, and weighs the sum of its mask.
    """
    parts = labelled_parts(mask > 0)
    weights = np.bincount(parts.ravel(), mask.ravel())
    return np.where((weights >= share * weights.max())[parts], mask, np.float32(0))


def labelled_parts(mask: Mask, connectivity: int = 8) -> NDArray[np.int32]:
    """Labels (H, W) of the connected parts of `mask`; 0 where it is false."""
    return np.asarray(cv2.connectedComponents(mask.astype(np.uint8), connectivity=connectivity)[1], np.int32)


def connected(pairs: Ints, count: int) -> Ints:
    """Number (count,) of the part that each of `count` things belongs to where `pairs` (P, 2) hang together."""
    graph = coo_array((np.ones(len(pairs)), tuple(pairs.T)), (count, count))
    return np.asarray(connected_components(graph, directed=False)[1], np.int64)
