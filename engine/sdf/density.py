# SPDX-License-Identifier: GPL-3.0-or-later
"""From signed distances to volume density."""

from __future__ import annotations

import torch
from torch import Tensor


def laplace_density(distance: Tensor, beta: float) -> Tensor:
    """Density per world unit at signed distances (negative inside): Laplace's cumulative distribution of scale `beta`
    at minus the distance, over `beta` (Yariv et al., "Volume rendering of neural implicit surfaces", 2021, equations
    2 and 3): 1 / beta deep inside, half of that on the surface, 0 far outside.
    """
    return (0.5 + 0.5 * distance.sign() * torch.expm1(-distance.abs() / beta)) / beta
