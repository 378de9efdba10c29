# SPDX-License-Identifier: GPL-3.0-or-later
"""How far an estimate is from the truth. Images have N x N pixels, `where` tells those that count.

Depth has no unit of its own here: the true one is scaled so that its range over the pixels that count is 1, and what
a picture can't tell, scale and offset, is fitted. The paper (arXiv 2503.16412, section 4) states no unit.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
Mask = NDArray[np.bool_]
DepthError = Callable[[Floats, Floats, Mask], float]


def angles(normal: Floats, truth: Floats) -> NDArray[np.float64]:
    """Degrees between two images of vectors (N, N, 3) of any length, NaN where one has none."""
    with np.errstate(invalid="ignore", divide="ignore"):
        cosine = (normal * truth).sum(-1) / (np.linalg.norm(normal, axis=-1) * np.linalg.norm(truth, axis=-1))
    return np.degrees(np.arccos(np.clip(cosine, -1, 1)))


def normal_angle(normal: Floats, truth: Floats, where: Mask) -> float:
    """Mean angle in degrees."""
    return float(angles(normal, truth)[where].mean())


def normal_mse(normal: Floats, truth: Floats, where: Mask) -> float:
    """Mean squared difference of unit normals (N, N, 3), a component: 2/3 for perpendicular ones."""
    return float(np.square(normal - truth)[where].mean())


def depth_rmse(depth: Floats, truth: Floats, where: Mask) -> float:
    """Root mean square error with the scale, at least 0, and the offset that make it least; a share of the range."""
    estimate, target = _centred(depth, truth, where)
    scale = max(0.0, float(estimate @ target)) / max(float(estimate @ estimate), 1e-30)
    return float(np.sqrt(np.square(scale * estimate - target).mean()))


def depth_mse(depth: Floats, truth: Floats, where: Mask) -> float:
    """Mean squared error of a depth with the truth's mean and deviation, as in the paper; the range is 1.

    A constant depth has no deviation to match and stays one: its error is the truth's variance.
    """
    estimate, target = _centred(depth, truth, where)
    deviation = estimate.std()
    matched = estimate / deviation * target.std() if deviation > 1e-9 else np.zeros_like(target)
    return float(np.square(matched - target).mean())


def intersection_over_union(coverage: Floats, truth: Floats) -> float:
    """Of the pixels that are at least half covered in `coverage` and in `truth` (H, W), 0..1."""
    found, there = coverage >= 0.5, truth >= 0.5
    return float((found & there).sum() / max((found | there).sum(), 1))


def _centred(depth: Floats, truth: Floats, where: Mask) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Both where they count, with mean 0, the truth with range 1."""
    estimate, target = depth[where].astype(np.float64), truth[where].astype(np.float64)
    return estimate - estimate.mean(), (target - target.mean()) / np.ptp(target)
