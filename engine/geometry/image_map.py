# SPDX-License-Identifier: GPL-3.0-or-later
"""Maps of a square image: texture coordinates (1, 2, N, N), u right and v up, in half crops."""

from __future__ import annotations

import torch
from torch import Tensor


def identity_map(size: int, like: Tensor) -> Tensor:
    """The undistorted texture coordinates (1, 2, size, size): x right, y up at pixel centres, in half crops."""
    centres = (torch.arange(size, device=like.device, dtype=like.dtype) + 0.5) / size * 2 - 1
    y, x = torch.meshgrid(-centres, centres, indexing="ij")
    return torch.stack([x, y])[None]


def jacobian_determinant(w: Tensor) -> Tensor:
    """Determinant (1, N-1, N-1) of the map (x, y) to W (1, 2, N, N) by forward differences; 1 for the identity."""
    half = w.shape[-1] / 2
    right = (w[:, :, 1:, 1:] - w[:, :, 1:, :-1]) * half
    up = (w[:, :, :-1, :-1] - w[:, :, 1:, :-1]) * half
    return right[:, 0] * up[:, 1] - right[:, 1] * up[:, 0]
