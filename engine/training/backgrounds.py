# SPDX-License-Identifier: GPL-3.0-or-later
"""What lies behind objects: plain, graded, patterned, busy, or a wall over the floor that they stand on."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from engine.training.draws import Draws
from engine.training.filters import gaussian
from engine.training.textures import PATTERNS, Noise, random_pictures

WHITE, PLAIN, GRADED, CLOUDS, PATTERNED, BUSY = range(6)
WEIGHTS = (0.24, 0.2, 0.18, 0.08, 0.1, 0.2)


def backgrounds(count: int, size: int, near: Tensor, draws: Draws, noise: Noise) -> Tensor:
    """Display colours (count, 3, size, size) in 0..1. `near` (3, count): a colour of the object, hard to tell apart
    from it; some backgrounds take it.
    """
    d = draws.of(count)
    kind = d.choice(WEIGHTS)
    alike = d.chance(0.12)
    first = torch.where(alike, (near * d.uniform(0.85, 1.15)).clamp(0, 1), d.colours())
    grey = d.chance(0.35)
    first = torch.where(grey & ~alike, d.uniform(0, 1).expand(3, -1), first)
    white = d.uniform(0.94, 1.0)
    first = torch.where(
        (kind == WHITE) & d.chance(0.85), torch.where(d.chance(0.7), torch.ones_like(white), white), first
    )
    second = torch.where(d.chance(0.6), (first * d.scale(0.5, 1.7)).clamp(0, 1), d.colours())
    result = first.T[:, :, None, None].expand(-1, -1, size, size).clone()
    centres = (torch.arange(size, device=draws.device) + 0.5) / size * 2 - 1
    x, y = torch.meshgrid(centres, -centres, indexing="xy")

    def mixed(rows: Tensor, value: Tensor) -> Tensor:
        a, b = first[:, rows].T[:, :, None, None], second[:, rows].T[:, :, None, None]
        return torch.lerp(a, b, value)

    rows = (kind == GRADED).nonzero()[:, 0]
    if len(rows):
        g = draws.of(len(rows))
        angle, middle = g.normal(1).T[..., None, None] * 0.5, g.uniform(-0.6, 0.6, 2).T[..., None, None]
        straight = (x * angle.sin() + y * angle.cos()) / 2 + 0.5
        round_ = torch.hypot(x - middle[:, :1], y - middle[:, 1:]) * g.uniform(0.4, 1.0).T[..., None, None]
        value = torch.where(g.chance(0.5).T[..., None, None], straight, round_).clamp(0, 1)
        result[rows] = mixed(rows, value * value * (3 - 2 * value))

    rows = ((kind == CLOUDS) | (kind == PATTERNED)).nonzero()[:, 0]
    if len(rows):
        g = draws.of(len(rows))
        scale, turn, slant = g.scale(1.0, 8.0)[0], g.uniform(0, 6.2832)[0], g.uniform(-1, 1, 2)
        pattern = torch.where(kind[rows] == CLOUDS, 0, g.choice([1.0] * len(PATTERNS)))
        c, s, shape = turn.cos(), turn.sin(), g.uniform(0, 1, 2)
        for k, row in enumerate(rows.tolist()):
            u, v = c[k] * x - s[k] * y, s[k] * x + c[k] * y
            points = scale[k] * torch.stack([u, v, slant[0, k] * u + slant[1, k] * v]).reshape(3, -1)
            softly = torch.cat([shape[:1, k : k + 1], shape[1:, k : k + 1]])
            value = PATTERNS[int(pattern[k])](points, scale[k : k + 1, None] * (2 / size), softly, noise)
            index = torch.tensor([row], device=draws.device)
            result[row] = mixed(index, value.reshape(1, 1, size, size))[0]

    rows = (kind == BUSY).nonzero()[:, 0]
    if len(rows):
        pictures = random_pictures(draws.of(len(rows)), min(size, 96), 24)
        result[rows] = F.interpolate(pictures, size=(size, size), mode="bilinear", align_corners=False)

    soft = (d.chance(0.5)[0] & (kind >= CLOUDS)).nonzero()[:, 0]
    if len(soft):
        result[soft] = gaussian(result[soft], draws.of(len(soft)).scale(0.005, 0.1)[0] * size)
    return result
