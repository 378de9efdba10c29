# SPDX-License-Identifier: GPL-3.0-or-later
"""Cut an object out of its picture without any learned weights."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

WORKING_SIZE = 400  # longest side GrabCut runs at, pixels
ITERATIONS = 5
PART = 0.02  # parts of the cut-out under this share of its largest part are dropped

Floats = NDArray[np.float32]


def cut_out(rgb: Floats) -> Floats:
    """The coverage (H, W) float32 0..1 of the object in `rgb` (H, W, 3) float32 sRGB 0..1; all 0 if none is found."""
    height, width = rgb.shape[:2]
    scale = min(1.0, WORKING_SIZE / max(height, width))
    small = cv2.resize(rgb, (round(width * scale), round(height * scale)), interpolation=cv2.INTER_AREA)
    labels = np.full(small.shape[:2], cv2.GC_BGD, np.uint8)
    rows, columns = labels.shape
    labels[rows // 32 : -rows // 32, columns // 32 : -columns // 32] = cv2.GC_PR_FGD
    pixels, models = np.round(small * 255).astype(np.uint8), (np.zeros((1, 65)), np.zeros((1, 65)))
    cv2.grabCut(pixels, labels, (0, 0, 0, 0), *models, ITERATIONS, cv2.GC_INIT_WITH_MASK)
    mask = np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.float32)
    return np.asarray(cv2.resize(keep_parts(mask, PART), (width, height)), np.float32)


def keep_parts(mask: Floats, share: float) -> Floats:
    """`mask` (H, W) float32 0..1 without the parts that weigh under `share` of the heaviest one.

    A part is a connected region (8 neighbours) where the mask isn't 0, and weighs the sum of its mask.
    """
    _, parts = cv2.connectedComponents((mask > 0).astype(np.uint8), connectivity=8)
    weights = np.bincount(parts.ravel(), mask.ravel())
    return np.where((weights >= share * weights.max())[parts], mask, np.float32(0))
