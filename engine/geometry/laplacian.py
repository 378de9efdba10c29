# SPDX-License-Identifier: GPL-3.0-or-later
"""The Laplacian of an image."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F


def laplacian(depth: Tensor) -> Tensor:
    """Sum of the four neighbours of each pixel minus four times itself, (N, N) of (N, N); zeros around (equation 9)."""
    padded = F.pad(depth, (1, 1, 1, 1))
    return padded[:-2, 1:-1] + padded[2:, 1:-1] + padded[1:-1, :-2] + padded[1:-1, 2:] - 4 * depth
