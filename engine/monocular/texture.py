# SPDX-License-Identifier: GPL-3.0-or-later
"""A picture without its object's texture: what is left is mostly the shading."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

ROUNDS = 3
CONTRAST = 0.3  # of sRGB values, 0..1: smaller differences are smoothed away, larger ones are edges
REACH = 0.024  # of the crop: how far one round smooths

Floats = NDArray[np.float32]


def without_texture(picture: Floats, mask: NDArray[np.bool_]) -> Floats:
    """`picture` (N, N, 3), sRGB 0..1, with the object in `mask` (N, N) smoothed between its edges, and 0 outside.

    The bilateral filter (Tomasi and Manduchi, 1998) a few times over. The background has the object's mean colour
    meanwhile, so that the rim keeps its own.
    """
    smooth = np.where(mask[..., None], picture, picture[mask].mean(0)).astype(np.float32)
    for _ in range(ROUNDS):
        smooth = cv2.bilateralFilter(smooth, 0, CONTRAST, REACH * len(mask))
    return np.where(mask[..., None], smooth, np.float32(0))
