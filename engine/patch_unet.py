# SPDX-License-Identifier: GPL-3.0-or-later
"""The trunk that the embedded networks on whole pictures share: a UNet on square patches of pixels.

A pixel of the trunk is a patch of PATCH x PATCH pixels (pixel-unshuffle), which makes it quick on CPUs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

PATCH = 4
"""Side of the squares of pixels that the networks work on as one."""


class Attention(nn.Module):
    """Every place looks at every other (multi-head self-attention round a shortcut)."""

    def __init__(self, channels: int, heads: int = 4) -> None:
        super().__init__()
        self.heads = heads
        self.norm = nn.GroupNorm(8, channels)
        self.inputs = nn.Conv2d(channels, 3 * channels, 1)
        self.output = nn.Conv2d(channels, channels, 1)
        silence(self.output)

    def forward(self, x: Tensor) -> Tensor:
        b, c, h, w = x.shape
        q, k, v = self.inputs(self.norm(x)).reshape(b, 3, self.heads, c // self.heads, h * w).mT.unbind(1)
        return x + self.output(F.scaled_dot_product_attention(q, k, v).mT.reshape(b, c, h, w))


class PatchUNet(nn.Module):
    """Stages of residual blocks on a pyramid, attention at its bottom; the mother of the embedded networks.

    Nothing but torch: a draft can't wait until diffusers, which the networks are trained and saved with, is imported.
    """

    def __init__(
        self, inputs: int, channels: Sequence[int], blocks: Sequence[int], residual: Callable[[int], nn.Module]
    ) -> None:
        """`inputs` channels of the picture; `channels` and `blocks` of each level, the finest first; `residual` makes
        a block of so many channels.
        """
        super().__init__()

        def stage(channels: int, blocks: int) -> nn.Sequential:
            return nn.Sequential(*(residual(channels) for _ in range(blocks)))

        self.stem = nn.Conv2d(inputs * PATCH**2, channels[0], 1)
        self.encoder = nn.ModuleList(stage(c, n) for c, n in zip(channels, blocks, strict=True))
        self.bottom = Attention(channels[-1])
        steps = list(pairwise(channels))
        self.down = nn.ModuleList(nn.Conv2d(fine, coarse, 2, stride=2) for fine, coarse in steps)
        self.up = nn.ModuleList(nn.Conv2d(coarse, 4 * fine, 1) for fine, coarse in steps)
        self.merge = nn.ModuleList(nn.Conv2d(2 * fine, fine, 1) for fine, _ in steps)
        self.decoder = nn.ModuleList(stage(c, n) for c, n in zip(channels, blocks[:-1], strict=False))

    @property
    def device(self) -> torch.device:
        """Where its weights lie."""
        return self.stem.weight.device

    def trunk(self, patches: Tensor, shifts: Sequence[Tensor] = ()) -> Tensor:
        """Features (B, channels[0], H, W) of the `patches` (B, inputs * PATCH^2, H, W). `shifts`, if any: what is added
        on entering each level, broadcastable to its features.
        """
        x = self.stem(patches)
        skips = []
        for level, (stage, down) in enumerate(zip(self.encoder, self.down, strict=False)):
            x = stage(x + shifts[level] if shifts else x)
            skips.append(x)
            x = down(x)
        x = self.encoder[-1](x + shifts[-1] if shifts else x)
        x = self.bottom(x)
        for up, merge, stage, skip in reversed(list(zip(self.up, self.merge, self.decoder, skips, strict=True))):
            x = stage(merge(torch.cat([F.pixel_shuffle(up(x), 2), skip], 1)))
        return x


def silence(layer: nn.Conv2d) -> None:
    """Makes the layer say 0 until it has learned something."""
    for parameter in layer.parameters():
        nn.init.zeros_(parameter)
