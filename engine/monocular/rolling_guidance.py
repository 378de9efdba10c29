# SPDX-License-Identifier: GPL-3.0-or-later
"""The rolling guidance filter: a picture without its fine parts, its large ones as sharp as they were."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FINE = 0.028  # of the picture: standard deviation of the parts that go
CONTRAST = 0.1  # of sRGB values, 0..1: standard deviation of what is alike
ROUNDS = 4

Floats = NDArray[np.float32]


def without_fine_parts(picture: Floats, mask: NDArray[np.bool_]) -> Floats:
    """`picture` (N, N, 3), sRGB 0..1, without the fine parts of the object in `mask` (N, N), however strong they are;
    0 outside.

    A blurred picture has no fine parts, and the mean of the picture over pixels that are alike in it has the edges of
    the large ones back, round by round (Zhang, Shen, Xu, Jia, "Rolling guidance filter", 2014).
    """
    deviation = FINE * len(mask)
    reach = int(2 * deviation)
    steps = range(-reach, reach + 1)
    disc = [(y, x) for y in steps for x in steps if np.hypot(y, x) <= reach]
    near = [np.exp(-(y**2 + x**2) / (2 * deviation**2)) for y, x in disc]
    inside = np.pad(mask.astype(np.float32), reach)
    colors = np.pad(picture, ((reach, reach), (reach, reach), (0, 0)))
    guide = np.zeros_like(picture)  # all alike: the first round blurs
    for _ in range(ROUNDS):
        around = np.pad(guide, ((reach, reach), (reach, reach), (0, 0)))
        total, weights = np.zeros_like(guide), np.zeros_like(guide[..., :1])
        for (y, x), weight in zip(disc, near, strict=True):
            there = np.s_[reach + y : reach + y + len(mask), reach + x : reach + x + len(mask)]
            difference = np.square(around[there] - guide).sum(-1, keepdims=True)
            alike = inside[there][..., None] * np.exp(difference / np.float32(-2 * CONTRAST**2)) * np.float32(weight)
            total += alike * colors[there]
            weights += alike
        guide = np.where(mask[..., None], total / np.maximum(weights, np.finfo(np.float32).tiny), np.float32(0))
    return guide
