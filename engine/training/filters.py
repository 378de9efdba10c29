# SPDX-License-Identifier: GPL-3.0-or-later
"""Blur of pictures, each by a width of its own."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

REACH = 4
WIDEST = 1.6
"""Pixels. Wider blurs run at half the resolution."""


def gaussian(picture: Tensor, sigma: Tensor) -> Tensor:
    """Pictures (B, C, N, N) blurred by `sigma` (B,) pixels, edges repeated."""
    size = picture.shape[-1]
    wide = (sigma > WIDEST) & (size > 2 * REACH)
    result = torch.empty_like(picture)
    if len(rows := (~wide).nonzero()[:, 0]):
        result[rows] = _separable(picture[rows], sigma[rows])
    if len(rows := wide.nonzero()[:, 0]):
        half = F.avg_pool2d(picture[rows], 2, ceil_mode=True, count_include_pad=False)
        blurred = gaussian(half, sigma[rows] / 2)
        large = F.interpolate(blurred, scale_factor=2.0, mode="bilinear", align_corners=False)
        result[rows] = large[..., :size, :size]
    return result


def _separable(picture: Tensor, sigma: Tensor) -> Tensor:
    size = picture.shape[-1]
    offsets = torch.arange(REACH + 1, device=picture.device)
    weights = torch.exp(-0.5 * (offsets / sigma[:, None].clamp_min(0.05)) ** 2)
    weights = (weights / (2 * weights.sum(1, keepdim=True) - 1))[:, :, None, None, None]
    for axis, pad in ((2, (0, 0, REACH, REACH)), (3, (REACH, REACH, 0, 0))):
        padded = F.pad(picture, pad, mode="replicate")
        picture = weights[:, 0] * padded.narrow(axis, REACH, size)
        for k in range(1, REACH + 1):
            both = padded.narrow(axis, REACH - k, size) + padded.narrow(axis, REACH + k, size)
            picture = torch.addcmul(picture, weights[:, k], both)
    return picture


def softened(picture: Tensor) -> Tensor:
    """Pictures (B, C, N, N) under the 3 x 3 binomial filter, edges repeated."""
    padded = F.pad(picture, (1, 1, 1, 1), mode="replicate")
    rows = padded[..., :-2, :] + 2 * padded[..., 1:-1, :] + padded[..., 2:, :]
    return (rows[..., :-2] + 2 * rows[..., 1:-1] + rows[..., 2:]) / 16
