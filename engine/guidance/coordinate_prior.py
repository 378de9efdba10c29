# SPDX-License-Identifier: GPL-3.0-or-later
"""The embedded network: from a picture and its blend with a virtual texture under noise to texture coordinates."""

from __future__ import annotations

import torch
from diffusers import ConfigMixin, ModelMixin, UNet2DModel
from diffusers.configuration_utils import register_to_config
from torch import Tensor
from torch.nn import functional as F

from engine.geometry.image_map import identity_map

# The network's outputs are displacements in units of this many half crops, so that they are of order one.
DISPLACEMENT_SCALE = 0.25


class CoordinatePrior(ModelMixin, ConfigMixin):
    """A small UNet that corrects what is known of the texture coordinates.

    Its answer is a displacement from the coordinates that the alignment starts from, so that it knows at least as much
    as these from its first step on. Inputs, all (B, C, S, S) at S = `sample_size`: picture RGB in -1..1 (0 outside the
    mask), mask, displacement of the start, noisy composite, and the identity map with its sines and
    cosines (the anchor: without it a convolution doesn't know which square of the texture it sees).
    """

    @register_to_config
    def __init__(
        self,
        sample_size: int = 64,
        squares: int = 9,
        block_out_channels: tuple[int, ...] = (32, 64, 128),
        layers_per_block: int = 1,
        attention_head_dim: int = 16,
    ) -> None:
        super().__init__()
        blocks = len(block_out_channels)
        self.unet = UNet2DModel(
            sample_size=sample_size // 2,
            in_channels=15 * 4,
            out_channels=2 * 4,
            block_out_channels=block_out_channels,
            layers_per_block=layers_per_block,
            down_block_types=("DownBlock2D", *["AttnDownBlock2D"] * (blocks - 1)),
            up_block_types=(*["AttnUpBlock2D"] * (blocks - 1), "UpBlock2D"),
            attention_head_dim=attention_head_dim,
            norm_num_groups=8,
        )
        torch.nn.init.zeros_(self.unet.conv_out.weight)
        torch.nn.init.zeros_(self.unet.conv_out.bias)

    def forward(self, picture: Tensor, mask: Tensor, start: Tensor, noisy: Tensor, time: Tensor) -> Tensor:
        """Coordinates (B, 2, S, S), u right, v up, in half crops.

        `picture` (B, 3, S, S) in 0..1, `mask` (B, 1, S, S), `start` (B, 2, S, S) the coordinates known before,
        the identity outside the mask, `noisy` (B, 3, S, S) the composite in -1..1 under noise, `time` (B,) its level
        in 0..1.
        """
        identity = identity_map(picture.shape[-1], picture).expand(len(picture), -1, -1, -1)
        phase = identity * (torch.pi / 2 * self.config.squares)
        displaced = (start - identity) / DISPLACEMENT_SCALE
        inputs = torch.cat([(picture * 2 - 1) * mask, mask, displaced, noisy, identity, phase.sin(), phase.cos()], 1)
        raw = self.unet(F.pixel_unshuffle(inputs, 2), time * 1000).sample
        return start + DISPLACEMENT_SCALE * F.pixel_shuffle(raw, 2)
