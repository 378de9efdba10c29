# SPDX-License-Identifier: GPL-3.0-or-later
"""What lies behind objects: plain, graded, a wall and a ground, patterns, or a busy scene out of focus."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from engine.training.draws import Draws
from engine.training.filters import gaussian
from engine.training.textures import PATTERNS, Noise, blotches, random_pictures

WHITE, PLAIN, GRADED, HORIZON, PATTERN, BUSY = range(6)
WEIGHTS = (0.24, 0.18, 0.16, 0.08, 0.14, 0.2)
BUSY_SIZE = 96


def backgrounds(size: int, near: Tensor, draws: Draws, noise: Noise) -> Tensor:
    """Display colours (count, 3, size, size) in 0..1, count that of `draws`. `near` (3, count): a colour of each
    object; some backgrounds take it and are hard to tell from the object.
    """
    kind = draws.choice(WEIGHTS)
    grey = draws.uniform(0, 1).expand(3, -1)
    first = torch.where(draws.chance(0.35), grey, draws.colours())
    first = torch.where(draws.chance(0.1), near * draws.uniform(0.8, 1.2), first).clamp(0, 1)
    paper = torch.where(draws.chance(0.7), 1.0, draws.uniform(0.93, 1.0)).expand(3, -1)
    first = torch.where(kind == WHITE, paper, first)
    second = torch.where(draws.chance(0.6), (first * draws.scale(0.5, 1.7)).clamp(0, 1), draws.colours())
    first, second = first.T[:, :, None, None], second.T[:, :, None, None]
    result = first.expand(-1, -1, size, size).clone()

    centres = (torch.arange(size, device=draws.device) + 0.5) / size * 2 - 1
    x, y = torch.meshgrid(centres, -centres, indexing="xy")
    if len(rows := (kind == GRADED).nonzero()[:, 0]):
        result[rows] = torch.lerp(first[rows], second[rows], _ramps(x, y, draws.of(len(rows))))
    if len(rows := (kind == HORIZON).nonzero()[:, 0]):
        result[rows] = torch.lerp(first[rows], second[rows], _horizons(x, y, draws.of(len(rows))))
    if len(rows := (kind == PATTERN).nonzero()[:, 0]):
        result[rows] = torch.lerp(first[rows], second[rows], _patterns(x, y, draws.of(len(rows)), noise))
    if len(rows := (kind == BUSY).nonzero()[:, 0]):
        result[rows] = _busy(x, y, draws.of(len(rows)), noise)

    blurred, sigma = draws.chance(0.5)[0] & (kind >= HORIZON), draws.scale(0.005, 0.1)[0] * size
    if len(rows := blurred.nonzero()[:, 0]):
        result[rows] = gaussian(result[rows], sigma[rows])
    return result


def _spread(values: Tensor) -> Tensor:
    """(1, R) to (R, 1, 1, 1)."""
    return values.T[:, :, None, None]


def _ramps(x: Tensor, y: Tensor, draws: Draws) -> Tensor:
    """(R, 1, N, N) in 0..1: from one side to the other, or from a spot outwards."""
    angle, spot_x, spot_y = (_spread(v) for v in (0.5 * draws.normal(1), *draws.uniform(-0.6, 0.6, 2)[:, None]))
    straight = (x * angle.sin() + y * angle.cos()) / 2 + 0.5
    round_ = torch.hypot(x - spot_x, y - spot_y) * _spread(draws.uniform(0.4, 1.0))
    value = torch.where(_spread(draws.chance(0.5)), straight, round_).clamp(0, 1)
    return value * value * (3 - 2 * value)


def _horizons(x: Tensor, y: Tensor, draws: Draws) -> Tensor:
    """(R, 1, N, N) in 0..1: the edge between wall and ground, sharp or soft, each graded a little."""
    height, tilt, sharp = draws.uniform(-0.7, 0.5), 0.05 * draws.normal(1), draws.scale(0.01, 0.4)
    away = y + _spread(tilt) * x - _spread(height)
    return (away / _spread(sharp) + 0.5).clamp(0, 1) * 0.8 + 0.2 * (away / 2 + 0.5).clamp(0, 1)


def _patterns(x: Tensor, y: Tensor, draws: Draws, noise: Noise) -> Tensor:
    """(R, 1, N, N) in 0..1: one of the patterns of textures, on a wall that is turned and slanted."""
    size = len(x)
    kind = draws.choice([4.0, *[1.0] * (len(PATTERNS) - 1)])
    scale, angle, slant = draws.scale(0.7, 8.0), draws.uniform(0, 6.2832), draws.uniform(-1, 1, 2)
    shape, faint = draws.uniform(0, 1, 2), draws.uniform(0.15, 1.0)
    values = []
    for k in range(draws.count):
        u, v = angle[0, k].cos() * x - angle[0, k].sin() * y, angle[0, k].sin() * x + angle[0, k].cos() * y
        points = scale[0, k] * torch.stack([u, v, slant[0, k] * u + slant[1, k] * v]).reshape(3, -1)
        blur = scale[:, k, None] * (2 / size)
        values.append(faint[0, k] * PATTERNS[int(kind[k])](points, blur, shape[:, k, None], noise))
    return torch.stack(values).reshape(-1, 1, size, size)


def _busy(x: Tensor, y: Tensor, draws: Draws, noise: Noise) -> Tensor:
    """Pictures (R, 3, N, N) full of things, some with noise in between: leaves, crowds, shelves, lights."""
    size = len(x)
    picture = random_pictures(draws, BUSY_SIZE, 18)[:, :3]
    picture = F.interpolate(picture, size=(size, size), mode="bilinear", align_corners=False)
    scale, seed, share = draws.scale(1.0, 12.0), draws.uniform(0, 4), draws.uniform(0, 1, 2)
    colours = draws.colours().T[:, :, None, None]
    for k in draws.chance(0.5)[0].nonzero()[:, 0].tolist():
        points = torch.stack([scale[0, k] * x, scale[0, k] * y, seed[0, k].expand_as(x)]).reshape(3, -1)
        cover = blotches(points, scale[:, k, None] * (2 / size), share[:, k, None], noise)
        picture[k] = torch.lerp(picture[k], colours[k], cover.reshape(size, size))
    return picture
