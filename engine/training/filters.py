# SPDX-License-Identifier: GPL-3.0-or-later
"""Blur of pictures, each by a width of its own."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F

REACH = 4


def gaussian(picture: Tensor, sigma: Tensor) -> Tensor:
    """Pictures (B, C, N, N) blurred by `sigma` (B,) pixels, edges repeated. Wide blurs run at a lower resolution."""
    size = picture.shape[-1]
    widest = float(sigma.max())
    factor = 2 ** max(0, math.ceil(math.log2(max(widest, 1e-3) / 2)))
    if factor > 1 and size // factor >= 4:
        small = F.avg_pool2d(picture, factor, ceil_mode=True, count_include_pad=False)
        blurred = gaussian(small, sigma / factor)
        large = F.interpolate(blurred, scale_factor=float(factor), mode="bilinear", align_corners=False)
        wide = (sigma > 1)[:, None, None, None]
        return torch.where(wide, large[..., :size, :size], gaussian(picture, sigma.clamp_max(1)))
    offsets = torch.arange(-REACH, REACH + 1, device=picture.device)
    weights = torch.exp(-0.5 * (offsets / sigma[:, None].clamp_min(0.05)) ** 2)
    weights = weights / weights.sum(1, keepdim=True)
    for axis in (2, 3):
        pad = (REACH, REACH, 0, 0) if axis == 3 else (0, 0, REACH, REACH)
        padded = F.pad(picture, pad, mode="replicate")
        picture = sum(  # type: ignore[assignment]
            weights[:, k, None, None, None] * padded.narrow(axis, k, size) for k in range(2 * REACH + 1)
        )
    return picture


def softened(picture: Tensor) -> Tensor:
    """Pictures (B, C, N, N) under the 3 x 3 binomial filter, edges repeated."""
    padded = F.pad(picture, (1, 1, 1, 1), mode="replicate")
    rows = padded[..., :-2, :] + 2 * padded[..., 1:-1, :] + padded[..., 2:, :]
    return (rows[..., :-2] + 2 * rows[..., 1:-1] + rows[..., 2:]) / 16
