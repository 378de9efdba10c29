# SPDX-License-Identifier: GPL-3.0-or-later
"""Texture coordinates W and their parameters: the paper's gradient pyramid, and a displacement pyramid.

Both are modules whose call gives W (1, 2, N, N): u right, v up, in half crops; undistorted, W is the pixel's own
(x, y). Both list their parameters from coarse to fine as `levels`.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

PYRAMID_GAIN = 1.4  # m of the paper's kernel m [1, 4, 6, 4, 1] / 16


def expand(coarse: Tensor) -> Tensor:
    """One step up the pyramid, (1, C, n, n) to (1, C, 2n, 2n): transposed convolution with stride 2 and the kernel
    k^T k, k = 1.4 [1, 4, 6, 4, 1] / 16 (paper, Eq. 6; borders as in Verbin and Zickler, "same" padding).
    """
    k = torch.tensor([1.0, 4.0, 6.0, 4.0, 1.0], device=coarse.device) * (PYRAMID_GAIN / 16)
    channels, n = coarse.shape[1], coarse.shape[2]
    kernel = torch.outer(k, k).expand(channels, 1, 5, 5)
    return F.conv_transpose2d(coarse, kernel, stride=2, groups=channels)[:, :, 1 : 2 * n + 1, 1 : 2 * n + 1]


class GradientPyramid(nn.Module):
    """The paper's parameters: du/dx and dv/dy in a pyramid from 1 x 1 to N x N, summed along the rows and columns.

    Negative gradients are cut off by a ReLU after the pyramid is summed up (the paper doesn't say where), so u grows
    to the right and v upwards. The sums start at the crop's border. In the beginning the finest level holds the
    identity's gradient and the others nothing (not stated either). 10,922 parameters at N = 64.
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size
        sizes = [2**k for k in range(round(math.log2(size)) + 1)]
        self.levels = nn.ParameterList(nn.Parameter(torch.zeros(1, 2, n, n)) for n in sizes)
        nn.init.constant_(self.levels[-1], 2 / size)

    def gradients(self) -> Tensor:
        """V (1, 2, N, N): du/dx and dv/dy a pixel, non-negative."""
        total = self.levels[0]
        for level in list(self.levels)[1:]:
            total = expand(total) + level
        return F.relu(total)

    def forward(self) -> Tensor:
        """W (1, 2, N, N) by running sums of V; a sum counts half of its own pixel's step less, so that the identity
        is met at pixel centres."""
        v = self.gradients()
        across = v[:, :1].cumsum(3)
        upwards = v[:, 1:].flip(2).cumsum(2).flip(2)
        return torch.cat([across, upwards], 1) - 1 - 1 / self.size


class DisplacementPyramid(nn.Module):
    """Displacements from `start` (1, 2, N, N) in a pyramid from 2 x 2 to N x N, each level bicubically enlarged.

    All four partial derivatives are free, so rotations and shears can be expressed, which the paper's two can't. What
    decides success is that each level has a step size of its own, `gains`: with equal ones the fine levels win the
    race and the map folds (43 degrees against 9 in a study with a perfect target).
    """

    def __init__(self, start: Tensor) -> None:
        super().__init__()
        self.register_buffer("start", start)
        size = start.shape[-1]
        sizes = [2**k for k in range(1, int(math.log2(size)) + 1)]
        if sizes[-1] != size:
            sizes.append(size)
        self.levels = nn.ParameterList(nn.Parameter(torch.zeros(1, 2, n, n)) for n in sizes)

    @property
    def gains(self) -> list[float]:
        """Step size of each level relative to the coarsest's: halved with each doubling."""
        return [0.5**k for k in range(len(self.levels))]

    def forward(self) -> Tensor:
        """W (1, 2, N, N)."""
        total: Tensor = self.get_buffer("start")
        for level in self.levels:
            total = total + F.interpolate(level, size=total.shape[-2:], mode="bicubic", align_corners=False)
        return total


def integrability(v: Tensor) -> Tensor:
    """Eq. 5: mean square over 2 x 2 blocks of the difference between the mixed derivatives of V (1, 2, N, N); it
    couples the two shears. i is the row, j the column, as in Verbin and Zickler's code.
    """
    vu, vv = v[:, 0], v[:, 1]
    block = (
        vu[:, :-1, 1:] - vu[:, 1:, 1:] + vu[:, :-1, :-1] - vu[:, 1:, :-1]
        + vv[:, :-1, 1:] + vv[:, 1:, 1:] - vv[:, :-1, :-1] - vv[:, 1:, :-1]
    )  # fmt: skip
    return (block**2).mean()


def bending(w: Tensor, mask: Tensor) -> Tensor:
    """Mean absolute second difference of W (1, 2, N, N) within `mask` (1, 1, N, N), in units of 1 / half crop.

    Absolute, not squared: a crease may stay a crease.
    """
    half = w.shape[-1] / 2
    total = w.new_zeros(())
    for dim in (2, 3):
        n = w.shape[dim]
        second = w.narrow(dim, 2, n - 2) - 2 * w.narrow(dim, 1, n - 2) + w.narrow(dim, 0, n - 2)
        inside = mask.narrow(dim, 2, n - 2) * mask.narrow(dim, 1, n - 2) * mask.narrow(dim, 0, n - 2)
        total = total + (second.norm(dim=1, keepdim=True) * half * inside).sum() / inside.sum().clamp_min(1)
    return total
