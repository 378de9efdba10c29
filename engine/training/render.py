# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures of surfaces: random textures, lights, shadows and camera faults, for a whole batch at once."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from engine.dreamtexture.coordinates import identity_map


@dataclass
class Batch:
    """Surfaces as tensors (B, C, N, N): depth 1, normal 3, mask 1, coordinates 2; frames of the engine."""

    depth: Tensor
    normal: Tensor
    mask: Tensor
    coordinates: Tensor


class Draw:
    """Random tensors that broadcast over the pixels of a batch."""

    def __init__(self, batch: int, generator: torch.Generator) -> None:
        self.batch, self.generator = batch, generator

    def uniform(self, low: float, high: float, channels: int = 1) -> Tensor:
        """(B, channels, 1, 1) in [low, high)."""
        shape = (self.batch, channels, 1, 1)
        return low + (high - low) * torch.rand(shape, generator=self.generator, device=self.generator.device)

    def normal(self, *shape: int) -> Tensor:
        """(B, *shape) standard normal."""
        return torch.randn((self.batch, *shape), generator=self.generator, device=self.generator.device)

    def chance(self, probability: float) -> Tensor:
        """(B, 1, 1, 1) of ones and zeros."""
        return (self.uniform(0, 1) < probability).float()


def noise(points: Tensor, draw: Draw, low: float, high: float, octaves: int = 4) -> Tensor:
    """Smooth random field (B, 1, N, N), about unit variance, at `points` (B, 3, N, N); frequency drawn per picture."""
    total = torch.zeros_like(points[:, :1])
    frequency, gain, power = draw.uniform(low, high)[:, :, 0], 1.0, 0.0
    for _ in range(octaves):
        directions = draw.normal(8, 3) * frequency
        waves = torch.einsum("bkc,bchw->bkhw", directions, points) + draw.uniform(0, 6.2832, 8)
        total = total + gain * waves.sin().mean(1, keepdim=True) * 4
        power, gain, frequency = power + gain**2, gain * 0.6, frequency * 2
    return total / power**0.5


def albedo(points: Tensor, surface: Batch, draw: Draw) -> Tensor:
    """Colours (B, 3, N, N): plain, blotched, striped, dotted or grained, in the object's or the picture's space."""
    in_space = draw.chance(0.7)
    at = torch.cat([points[:, :2], points[:, 2:] * in_space], 1)
    cloud = noise(at, draw, 1.2, 6.0)
    blotches = torch.sigmoid(cloud * draw.uniform(2, 30))
    bands = (draw.normal(3, 1, 1) * draw.uniform(4, 16) * at).sum(1, keepdim=True)
    stripes = torch.sigmoid(5 * (bands + cloud * draw.uniform(0, 2.5)).sin())
    phase = surface.coordinates * draw.uniform(8, 40)
    dots = torch.sigmoid(8 * (phase[:, :1].sin() * phase[:, 1:].sin() - 0.2))
    grain = torch.sigmoid(3 * (6 * cloud).sin())
    kind = torch.randint(0, 5, (draw.batch, 1, 1, 1), generator=draw.generator, device=points.device)
    patterns = torch.cat([blotches, stripes, dots, grain, (blotches + stripes) / 2], 1)
    pattern = patterns.gather(1, kind.expand(-1, 1, *patterns.shape[2:]))
    first, second = draw.uniform(0.05, 1.0, 3), draw.uniform(0.05, 1.0, 3)
    amount = draw.chance(0.7) * draw.uniform(0, 1)
    parts = torch.sigmoid(12 * noise(at, draw, 0.4, 1.2, 2)) * draw.chance(0.4)  # a second material
    base = torch.lerp(first, draw.uniform(0.05, 1.0, 3), parts)
    return torch.lerp(base, second, pattern * amount).clamp(0.02, 1)


def render(surface: Batch, generator: torch.Generator) -> Tensor:
    """Pictures (B, 3, N, N) in 0..1, sRGB-like, of `surface` under random materials, lights and cameras."""
    n = surface.mask.shape[-1]
    draw = Draw(len(surface.mask), generator)
    identity = identity_map(n, surface.depth).expand(draw.batch, -1, -1, -1)
    points = torch.cat([identity, surface.depth], 1)
    colour = albedo(points, surface, draw)

    bump = noise(points, draw, 6.0, 20.0, 3) * draw.chance(0.5) * draw.uniform(0, 0.02)
    down, right = torch.gradient(bump, dim=(2, 3))
    slope = torch.cat([right, -down, torch.zeros_like(bump)], 1) * (n / 2)
    normal = F.normalize(surface.normal - slope, dim=1)

    up, above_camera, to_camera = (
        torch.tensor(direction, device=points.device)[:, None, None]
        for direction in ([0.0, 1.0, 0.3], [0.0, 0.6, 0.9], [0.0, 0.0, 1.0])
    )
    sky = draw.uniform(0.4, 1.0, 3)
    ground = sky * draw.uniform(0.2, 0.8)
    light = draw.uniform(0.15, 0.8) * torch.lerp(ground, sky, (normal * up).sum(1, keepdim=True) / 2 + 0.5)
    highlight = torch.zeros_like(colour)
    for lamp in range(3):
        on = 1.0 if lamp == 0 else draw.chance(0.4)
        towards = F.normalize(draw.normal(3, 1, 1) + above_camera, dim=1)
        strength = draw.uniform(0.6, 1.0, 3) * draw.uniform(0.2, 1.1) * on
        wrap = draw.uniform(0, 0.3)
        facing = ((normal * towards).sum(1, keepdim=True) + wrap) / (1 + wrap)
        light = light + strength * facing.clamp_min(0)
        half = F.normalize(towards + to_camera, dim=1)
        gloss = 5 * 60 ** draw.uniform(0, 1)
        highlight = highlight + strength * (normal * half).sum(1, keepdim=True).clamp_min(1e-4) ** gloss

    width = max(n // 8, 3) | 1
    pad = width // 2
    covered = F.avg_pool2d(surface.mask, width, 1, pad).clamp_min(0.01)
    around = F.avg_pool2d(surface.depth * surface.mask, width, 1, pad) / covered
    occlusion = torch.exp(-(around - surface.depth).clamp_min(0) * draw.uniform(0, 8))
    shadow = 1 - draw.chance(0.4) * draw.uniform(0.2, 0.7) * torch.sigmoid(6 * noise(points, draw, 0.7, 2.0, 2))
    picture = colour * light * occlusion * shadow + highlight * draw.chance(0.5) * draw.uniform(0, 0.6)

    exposed = picture * draw.uniform(0.5, 1.4)
    film = draw.chance(0.5)
    picture = film * (1 - torch.exp(-1.4 * exposed)) + (1 - film) * exposed
    picture = picture.clamp(1e-4, 1) ** (1 / draw.uniform(1.0, 2.2))
    soft = F.avg_pool2d(picture * surface.mask, 3, 1, 1) / F.avg_pool2d(surface.mask, 3, 1, 1).clamp_min(0.1)
    picture = torch.lerp(picture, soft, draw.chance(0.3))
    grey = picture.mean(1, keepdim=True)
    picture = torch.lerp(picture, grey, draw.chance(0.15))
    picture = picture + draw.normal(3, n, n) * draw.uniform(0, 0.03)
    return picture.clamp(0, 1)
