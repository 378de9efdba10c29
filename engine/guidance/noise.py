# SPDX-License-Identifier: GPL-3.0-or-later
"""The embedded model's noise schedule."""

from __future__ import annotations

import torch
from torch import Tensor


def noise_level(time: Tensor) -> tuple[Tensor, Tensor]:
    """Share of signal and noise, (B, 1, 1, 1) each, at `time` (B,) in 0..1: the cosine schedule, squares sum to 1."""
    angle = time[:, None, None, None] * (torch.pi / 2)
    return angle.cos(), angle.sin()
