# SPDX-License-Identifier: GPL-3.0-or-later
"""The embedded guidance as a diffusion model would give it: its residual is one between pictures, as in the paper."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from engine.guidance.base import Blend, Distillation
from engine.guidance.coordinate import CoordinateGuidance
from engine.guidance.coordinate_prior import CoordinatePrior
from engine.methods.dreamtexture.descriptor import DreamTexture
from engine.methods.dreamtexture.virtual_texture import composite, virtual_texture


class ImageSpaceGuidance(CoordinateGuidance):
    """Draws the texture at the coordinates that the network predicts, and compares the picture that this gives."""

    def __init__(self, model: CoordinatePrior, settings: DreamTexture) -> None:
        super().__init__(model)
        self.settings = settings

    def loss(self, blend: Blend, distillation: Distillation, generator: torch.Generator) -> Tensor:
        """Half the mean squared difference between the composite and the one at the predicted coordinates, over the
        mask: its gradient goes through the texture.
        """
        target = self.target(blend, distillation, generator)
        size = blend.coordinates.shape[-2:]
        predicted = F.interpolate(target, size=size, mode="bilinear", align_corners=False)
        texture = virtual_texture(predicted, self.settings.texture, self.settings.squares)
        drawn = composite(blend.picture, blend.mask, texture, self.settings.blend)
        return 0.5 * ((blend.composite - drawn) ** 2).sum() / (blend.mask.sum() * 3)
