# SPDX-License-Identifier: GPL-3.0-or-later
"""The surface network: from a picture to mask, normals, front depth, exit layer, each with its uncertainty, and up."""

from __future__ import annotations

from dataclasses import dataclass, fields
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engine.surface.encoder import CHANNELS, Encoder

INPUTS = 5
WIDTHS = (32, 64, 96, 128, 192)
"""The decoder's channels at strides 2, 4, 8, 16, 32."""
BLOCKS = (1, 1, 2, 2, 1)
OUTPUTS = (1, 3, 1, 1, 1, 1, 1, 3, 1)
"""Channels of `Prediction`'s images, in its order."""


@dataclass
class Prediction:
    """What the network says of a batch of pictures, tensors (B, C, N, N) unless told."""

    mask: Tensor
    """(B, 1, N, N) logit of being object."""
    normal: Tensor
    """(B, 3, N, N) unit; x right, y up, z towards the camera."""
    concentration: Tensor
    """(B, 1, N, N) how sure the normal is: kappa of the angular density, see `engine.training.surface_losses`."""
    depth: Tensor
    """(B, 1, N, N) towards the camera, units of half the crop's side, up to a constant."""
    depth_spread: Tensor
    """(B, 1, N, N) mean absolute error to be expected of it (scale of a Laplace density)."""
    thickness: Tensor
    """(B, 1, N, N) >= 0: how far behind the front the ray leaves the object for the last time, along z, half crops."""
    thickness_spread: Tensor
    """(B, 1, N, N) as `depth_spread`."""
    exit_normal: Tensor
    """(B, 3, N, N) unit, of the surface there, out of the object: away from the camera."""
    exit_concentration: Tensor
    """(B, 1, N, N) as `concentration`."""
    up: Tensor
    """(B, 3) unit: the direction that is up in the world, in the camera's frame."""
    up_concentration: Tensor
    """(B,) as `concentration`."""

    def pitch(self) -> Tensor:
        """(B,) how far the camera looks down, radians."""
        return torch.asin(self.up[:, 2].clamp(-1, 1))

    def mirrored(self) -> Prediction:
        """The same of the pictures mirrored left to right."""
        flipped = {f.name: getattr(self, f.name) for f in fields(self)}
        for name, image in flipped.items():
            if image.dim() == 4:
                flipped[name] = image.flip(3)
        sign = self.up.new_tensor([-1.0, 1.0, 1.0])
        for name in ("normal", "exit_normal"):
            flipped[name] = flipped[name] * sign[:, None, None]
        flipped["up"] = self.up * sign
        return Prediction(**flipped)


class Residual(nn.Module):
    """Two 3 x 3 convolutions round a shortcut; it says nothing before it has learned something."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(8, channels)
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.second = silent(nn.Conv2d(channels, channels, 3, padding=1))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.second(F.relu(self.first(self.norm(x))))


class Attention(nn.Module):
    """Every place looks at every other (multi-head self-attention round a shortcut)."""

    def __init__(self, channels: int, heads: int = 4) -> None:
        super().__init__()
        self.heads = heads
        self.norm = nn.GroupNorm(8, channels)
        self.inputs = nn.Conv2d(channels, 3 * channels, 1)
        self.output = silent(nn.Conv2d(channels, channels, 1))

    def forward(self, x: Tensor) -> Tensor:
        b, c, h, w = x.shape
        q, k, v = self.inputs(self.norm(x)).reshape(b, 3, self.heads, c // self.heads, h * w).mT.unbind(1)
        return x + self.output(F.scaled_dot_product_attention(q, k, v).mT.reshape(b, c, h, w))


class SurfaceNetwork(nn.Module):
    """EfficientNet-Lite0 and a decoder whose levels, from coarse to fine, each add their share to the answer.

    The picture's mask may be told: then the background is left out. So one network cuts out and sees surfaces.
    """

    def __init__(self) -> None:
        super().__init__()
        self.encoder = Encoder(INPUTS)
        self.lateral = nn.ModuleList(nn.Conv2d(c, w, 1) for c, w in zip(CHANNELS, WIDTHS, strict=True))
        self.stages = nn.ModuleList(
            nn.Sequential(*(Residual(w) for _ in range(n))) for w, n in zip(WIDTHS, BLOCKS, strict=True)
        )
        self.bottom = Attention(WIDTHS[-1])
        self.enlarge = nn.ModuleList(nn.Conv2d(coarse, 4 * fine, 1) for fine, coarse in pairwise(WIDTHS))
        self.share = nn.ModuleList(silent(nn.Conv2d(w, sum(OUTPUTS), 1)) for w in WIDTHS[1:])
        self.detail = nn.Conv2d(WIDTHS[0] + 4 * INPUTS, 64, 1)
        self.head = silent(nn.Conv2d(64, 4 * sum(OUTPUTS), 1))
        self.upright = nn.Sequential(nn.Linear(WIDTHS[-1], 64), nn.SiLU(), nn.Linear(64, 4))

    @property
    def device(self) -> torch.device:
        """Where its weights lie."""
        return self.detail.weight.device

    def forward(self, picture: Tensor, mask: Tensor, known: Tensor) -> Prediction:
        """`picture` (B, 3, N, N) in 0..1, sRGB; `mask` (B, 1, N, N) in 0..1 counts only where `known` (B,) is 1; N a
        multiple of 32.
        """
        told = known[:, None, None, None]
        shown = torch.lerp(torch.ones_like(mask), mask, told)
        x = torch.cat([(picture * 2 - 1) * shown, mask * told, told.expand_as(mask)], 1)
        x = x.contiguous(memory_format=torch.channels_last)
        seen = [lateral(f) for lateral, f in zip(self.lateral, self.encoder(x), strict=True)]
        y = self.bottom(self.stages[-1](seen[-1]))
        up = self.upright(y.mean((2, 3))).float()
        answer = self.share[-1](y)
        for level in reversed(range(len(WIDTHS) - 1)):
            y = self.stages[level](F.pixel_shuffle(self.enlarge[level](y), 2) + seen[level])
            answer = doubled(answer)
            if level > 0:
                answer = answer + self.share[level - 1](y)
        patches = F.pixel_unshuffle(x, 2).contiguous(memory_format=torch.channels_last)
        fine = self.head(F.silu(self.detail(torch.cat([y, patches.to(y.dtype)], 1))))
        return read(F.pixel_shuffle(fine, 2).float() + doubled(answer).float(), up)


def read(answer: Tensor, up: Tensor) -> Prediction:
    """What the last layers' numbers mean: `answer` (B, sum(OUTPUTS), N, N), `up` (B, 4)."""
    mask, normal, sure, depth, spread, thickness, other_spread, exit_normal, exit_sure = answer.split(OUTPUTS, 1)
    facing = answer.new_tensor([0.0, 0.0, 1.0])[:, None, None]
    upwards = up[:, :3] + up.new_tensor([0.0, 1.0, 0.3])
    return Prediction(
        mask=mask,
        normal=unit(normal + facing),
        concentration=F.softplus(sure + 1) + 0.1,
        depth=depth,
        depth_spread=F.softplus(spread - 2) + 0.01,
        thickness=F.softplus(thickness),
        thickness_spread=F.softplus(other_spread - 1) + 0.01,
        exit_normal=unit(exit_normal - facing),
        exit_concentration=F.softplus(exit_sure + 1) + 0.1,
        up=F.normalize(upwards, dim=1),
        up_concentration=F.softplus(up[:, 3] + 1) + 0.1,
    )


def doubled(image: Tensor) -> Tensor:
    """`image` (B, C, N, N) at twice the size."""
    return F.interpolate(image, scale_factor=2.0, mode="bilinear", align_corners=False)


def unit(vectors: Tensor) -> Tensor:
    """`vectors` (B, 3, N, N) at unit length; on CPUs far faster than torch's norm across a strided dimension."""
    return vectors * torch.rsqrt((vectors**2).sum(1, keepdim=True) + 1e-12)


def silent(layer: nn.Conv2d) -> nn.Conv2d:
    """`layer`, saying 0 until it has learned something."""
    for parameter in layer.parameters():
        nn.init.zeros_(parameter)
    return layer
