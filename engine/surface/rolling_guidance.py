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
    square = [(y, x) for y in range(reach + 1) for x in range(-reach, reach + 1) if (y, x) > (0, 0)]
    half_disc = [at for at in square if np.hypot(*at) <= reach]
    near = [np.float32(np.exp(-(y**2 + x**2) / (2 * deviation**2))) for y, x in half_disc]
    box = tuple(slice(where.min(), where.max() + 1) for where in mask.nonzero())
    inside = mask[box].astype(np.float32)
    weighed = np.concatenate([picture[box].transpose(2, 0, 1) * inside, inside[None]])  # the colours and their weight
    guide = np.zeros_like(weighed[:3])  # all alike: the first round blurs
    for _ in range(ROUNDS):
        total = weighed.copy()
        for (y, x), weight in zip(half_disc, near, strict=True):
            one, other = _pair(inside.shape, y, x)
            difference = np.square(guide[:, *one] - guide[:, *other]).sum(0)
            alike = np.exp(difference / np.float32(-2 * CONTRAST**2)) * weight
            total[:, *one] += alike * weighed[:, *other]
            total[:, *other] += alike * weighed[:, *one]
        guide = np.where(inside > 0, total[:3] / np.maximum(total[3], 1), np.float32(0))
    filtered = np.zeros_like(picture)
    filtered[box] = guide.transpose(1, 2, 0)
    return filtered


def _pair(shape: tuple[int, ...], y: int, x: int) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """The two parts of an image of `shape` (H, W) of which the second lies `y` >= 0 rows below the first and `x`
    columns to its right.
    """
    height, width = shape
    one = slice(0, max(0, height - y)), slice(max(0, -x), max(0, width - max(0, x)))
    other = slice(min(y, height), height), slice(max(0, x), max(0, width + min(0, x)))
    return one, other
