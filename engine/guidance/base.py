# SPDX-License-Identifier: GPL-3.0-or-later
"""The interface of guidance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor


@dataclass(frozen=True)
class Blend:
    """The picture under the virtual texture, as it lies in one step of the alignment: what guidance looks at.

    Tensors (1, C, N, N) over the crop, row 0 on top.
    """

    picture: Tensor
    """(1, 3, N, N) in 0..1, 0 outside the mask."""
    mask: Tensor
    """(1, 1, N, N) in 0..1."""
    start: Tensor
    """(1, 2, N, N) the texture coordinates known before the alignment, in half crops."""
    coordinates: Tensor
    """(1, 2, N, N) texture coordinates in half crops, u right, v up; carries gradients."""
    composite: Tensor
    """(1, 3, N, N) in 0..1: picture blended with the virtual texture at `coordinates`; carries gradients."""


@dataclass(frozen=True)
class Distillation:
    """How one step of score distillation is taken."""

    noise: float
    """Noise level, as a share of the diffusion's time, 0..1."""
    count: int
    """Noises drawn and averaged."""
    guidance_scale: float
    """Classifier-free guidance as uncond + scale (cond - uncond); 1 is the conditional prediction."""
    weighting: str
    """w(t): "sds" = 1 - alpha_bar(t), or "uniform" = 1."""


class Guidance(Protocol):
    """Score distillation sampling (paper, Eq. 1 and 8) in whichever space the model works."""

    name: str
    """Which model: written into the result."""
    reason: str
    """Why this one: told to the artist."""

    def loss(self, blend: Blend, distillation: Distillation, generator: torch.Generator) -> Tensor:
        """The scalar 1/2 (X - Z)^2 with the frozen target Z, so that its gradient is the distillation's.

        Noises come from `generator`, which lies on the device of `blend`.
        """
        ...
