# SPDX-License-Identifier: GPL-3.0-or-later
"""From signed distances to what light meets on its way."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def optical_depth(start: Tensor, end: Tensor, beta: float) -> Tensor:
    """Optical depth of sections of rays whose signed distances (negative inside) go from `start` to `end`, 0 where
    these grow: log P(start) - log P(end) with P the cumulative distribution of Laplace's law of scale `beta`.

    This is the density of VolSDF (Yariv et al., "Volume rendering of neural implicit surfaces", 2021, equations 2 and
    3) times the cosine at which the ray meets the surface, over 1 - exp(-distance / beta) / 2 outside, integrated along
    the section. Without them the rendered surface would lie up to half a beta behind the true one where it faces the
    camera and a beta and more before it where it is seen at a slant, which eats outlines away; with them light is
    stopped evenly round it, as by NeuS (Wang et al., "NeuS: learning neural implicit surfaces by volume rendering",
    2021, section 3.1).
    """
    return (log_laplace(start, beta) - log_laplace(end, beta)).clamp(min=0)


def log_laplace(distance: Tensor, beta: float) -> Tensor:
    """Logarithm of the share of Laplace's distribution of scale `beta` below `distance`: of 1 far outside, of one half
    on the surface.
    """
    outside = torch.log1p(-0.5 * torch.exp(-distance.clamp(min=0) / beta))
    return torch.where(distance >= 0, outside, distance / beta - math.log(2))
