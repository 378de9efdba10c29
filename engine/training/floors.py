# SPDX-License-Identifier: GPL-3.0-or-later
"""The floor that objects stand on: a table or a seamless ground, with the objects' shadows on it."""

from __future__ import annotations

import torch
from torch import Tensor

from engine.training.draws import Draws
from engine.training.filters import gaussian
from engine.training.lighting import Lighting
from engine.training.textures import PATTERNS, Noise
from engine.training.views import Views

FADED = 2.4
"""Distance from the object's centre, object frame, where shadows are lost: before the floor's edge in `Views`."""


def on_floor(views: Views, behind: Tensor, lighting: Lighting, draws: Draws, noise: Noise) -> Tensor:
    """Backgrounds (B, 3, N, N) in 0..1 with a floor under the objects in some of the views that have one: `behind`
    goes on under the object, or a table with a pattern stands there; objects throw their shadows on either.
    """
    there = views.floor.flatten(1).any(1)
    table, shadow = there & draws.chance(0.35)[0], there & draws.chance(0.8)[0]
    result = _with_tables(views, behind, table, draws, noise)
    light = _light_left(views, lighting, draws)
    return torch.where((table | shadow)[:, None, None, None], result * light, result)


def _with_tables(views: Views, behind: Tensor, table: Tensor, draws: Draws, noise: Noise) -> Tensor:
    """`behind` (B, 3, N, N) with a table, round or with corners, in the views where `table` (B,)."""
    size = behind.shape[-1]
    kind, is_round, frequency = draws.choice([1.0] * len(PATTERNS)), draws.chance(0.4)[0], draws.scale(1.0, 6.0)
    first, amount, reach = draws.colours(), draws.uniform(0, 1), draws.uniform(1.0, 2.4)[0]
    second = torch.where(draws.chance(0.7), (first * draws.scale(0.5, 1.6)).clamp(0, 1), draws.colours())
    shape = draws.uniform(0, 1, 2)
    result = behind.clone()
    for k in table.nonzero()[:, 0].tolist():
        x, y, z = views.points[k].reshape(3, -1)
        radius = torch.hypot(x, z) if is_round[k] else torch.maximum(x.abs(), z.abs())
        cover = ((reach[k] - radius) * size / 4).clamp(0, 1).reshape(size, size) * views.floor[k]
        at = frequency[0, k] * torch.stack([x, z, y])
        value = amount[:, k] * PATTERNS[int(kind[k])](at, frequency[:, k, None] * (3 / size), shape[:, k, None], noise)
        colour = torch.lerp(first[:, k, None], second[:, k, None], value).reshape(3, size, size)
        result[k] = torch.lerp(behind[k], colour, cover)
    return result


def _light_left(views: Views, lighting: Lighting, draws: Draws) -> Tensor:
    """What the objects leave (B, 1, N, N) of the light on their floor, as a factor of display values."""

    def spread(value: Tensor) -> Tensor:
        return value.reshape(-1, 1, 1, 1)

    size, points = views.floor.shape[-1], views.points
    lamps, sky = lighting.lamps.mean(0)[:, lighting.things].T, spread(lighting.above.mean(0)[lighting.things])
    lamps = lamps * (views.lamps @ views.rotation[:, :, 1:2])[..., 0].clamp_min(0)
    # No sky where object and floor touch: near the outline, but not where the floor behind it is far away
    below = torch.exp(-2 * (points[:, :1] ** 2 + points[:, 2:] ** 2))
    near = gaussian(views.mask, draws.uniform(0.02, 0.06)[0] * size) * below
    contact = 1 - spread(draws.uniform(0.3, 1.0)) * near
    lit = (lamps[..., None, None] * views.lit).sum(1, keepdim=True) + sky * contact
    share = (lit / (spread(lamps.sum(1)) + sky)).clamp(0, 1) ** (1 / 2.2)
    fades = ((FADED - (points * points).sum(1, keepdim=True).sqrt()) * 2).clamp(0, 1) * views.floor
    return gaussian(1 - fades * (1 - share), draws.scale(0.003, 0.02)[0] * size)
