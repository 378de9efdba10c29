# SPDX-License-Identifier: GPL-3.0-or-later
"""Untextured pictures: parts of one colour under lamps and sky. Shading is learned from them first, and quickly."""

from __future__ import annotations

import torch
from torch import Tensor

from engine.surface.unet import unit
from engine.training.thing import MAX_PARTS
from engine.training.views import Views


def render_untextured(views: Views, generator: torch.Generator) -> Tensor:
    """Pictures (B, 3, N, N) in 0..1 of `views`, matt or a little glossy, on a background of one colour."""
    batch, device = len(views), views.mask.device

    def uniform(low: float, high: float, *shape: int) -> Tensor:
        return low + (high - low) * torch.rand(batch, *shape, generator=generator, device=device)

    def chance(probability: float) -> Tensor:
        return (uniform(0, 1, 1, 1, 1) < probability).float()

    one = uniform(0.1, 1.0, 3, 1)
    each = torch.where(uniform(0, 1, 1, MAX_PARTS) < 0.7, uniform(0.05, 1.0, 3, MAX_PARTS), one)
    colours = torch.where(uniform(0, 1, 1, 1) < 0.5, one.expand_as(each), each)
    part = views.part.flatten(2).expand(-1, 3, -1)
    colour = colours.gather(2, part).reshape_as(views.normal)

    sky = uniform(-0.5, 0.5, 3, 1, 1)
    sky[:, 1] += 0.35  # brighter above
    brightness = (views.openness[:, :1] + (views.openness[:, 1:] * sky).sum(1, keepdim=True)).clamp_min(0)
    light = uniform(0.1, 0.6, 1, 1, 1) * brightness
    gloss = torch.zeros_like(light)
    to_camera = views.normal.new_tensor([0.0, 0.0, 1.0])[:, None, None]
    for k in range(views.lamps.shape[1]):
        lamp = views.lamps[:, k, :, None, None]
        on = uniform(0.3, 1.0, 1, 1, 1) * (1.0 if k == 0 else chance(0.35))
        reached = on * views.lit[:, k : k + 1]
        light = light + reached * (views.normal * lamp).sum(1, keepdim=True).clamp_min(0)
        half = unit((lamp + to_camera).expand_as(views.normal))
        gloss = gloss + reached * (views.normal * half).sum(1, keepdim=True).clamp_min(1e-3) ** uniform(8, 60, 1, 1, 1)
    picture = colour * light + uniform(0, 0.4, 1, 1, 1) * chance(0.4) * gloss
    picture = (uniform(0.7, 1.3, 1, 1, 1) * picture).clamp(1e-4, 1) ** (1 / uniform(1.0, 2.2, 1, 1, 1))
    behind = torch.where(uniform(0, 1, 1, 1, 1) < 0.4, 1.0, uniform(0, 1, 3, 1, 1))
    picture = torch.lerp(behind.expand_as(picture), picture, views.mask)
    noise = torch.randn(picture.shape, generator=generator, device=device)
    return (picture + uniform(0, 0.02, 1, 1, 1) * noise).clamp(0, 1)
