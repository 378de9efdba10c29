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
    table, shadow = draws.chance(0.35)[0], draws.chance(0.8)[0]
    there = views.floor.flatten(1).any(1)
    result = behind.clone()
    rows = (there & table).nonzero()[:, 0]
    if len(rows):
        result[rows] = _tables(views.points[rows], behind[rows], views.floor[rows], draws.of(len(rows)), noise)
    rows = (there & (shadow | table)).nonzero()[:, 0]
    if len(rows):
        result[rows] *= _shadows(views, rows, lighting, draws.of(len(rows)))
    return result


def _tables(points: Tensor, behind: Tensor, floor: Tensor, draws: Draws, noise: Noise) -> Tensor:
    """`behind` (R, 3, N, N) with tables, round or with corners, where the `floor` (R, 1, N, N) is, at `points`."""
    size = points.shape[-1]
    kind, round_, frequency = draws.choice([1.0] * len(PATTERNS)), draws.chance(0.4), draws.scale(1.0, 6.0)
    first, amount, reach = draws.colours(), draws.uniform(0, 1), draws.uniform(1.0, 2.4)
    second = torch.where(draws.chance(0.7), (first * draws.scale(0.5, 1.6)).clamp(0, 1), draws.colours())
    shape = draws.uniform(0, 1, 2)
    x, z = points[:, :1].abs(), points[:, 2:].abs()
    radius = torch.where(round_[0, :, None, None, None], torch.hypot(x, z), torch.maximum(x, z))
    cover = ((reach[0, :, None, None, None] - radius) * size / 4).clamp(0, 1) * floor
    picture = behind.clone()
    for k in range(draws.count):
        at = frequency[0, k] * points[k].reshape(3, -1)[[0, 2, 1]]
        blur = (frequency[:, k] * (3 / size))[None]
        value = amount[:, k] * PATTERNS[int(kind[k])](at, blur, shape[:, k, None], noise)
        colour = torch.lerp(first[:, k, None], second[:, k, None], value).reshape(3, size, size)
        picture[k] = torch.lerp(behind[k], colour, cover[k])
    return picture


def _shadows(views: Views, rows: Tensor, lighting: Lighting, draws: Draws) -> Tensor:
    """What is left (R, 1, N, N) of the light on the floor of the views `rows` (R,), in display values."""

    def spread(value: Tensor) -> Tensor:
        return value.reshape(-1, 1, 1, 1)

    floor, thing = views.floor[rows], lighting.things[rows]
    size = floor.shape[-1]
    up = views.rotation[rows, :, 1]
    lamps = lighting.lamps.mean(0)[:, thing].T * (views.lamps[rows] @ up[..., None])[..., 0].clamp_min(0)
    sky = spread(lighting.above.mean(0)[thing])
    near = gaussian(views.mask[rows], draws.uniform(0.02, 0.06)[0] * size)
    contact = 1 - spread(draws.uniform(0.3, 1.0)) * near
    lit = (lamps[..., None, None] * views.lit[rows]).sum(1, keepdim=True) + sky * contact
    share = (lit / (spread(lamps.sum(1)) + sky)).clamp(0, 1) ** (1 / 2.2)
    points = views.points[rows]
    fades = ((FADED - (points * points).sum(1, keepdim=True).sqrt()) * 2).clamp(0, 1) * floor
    return gaussian(1 - fades * (1 - share), draws.scale(0.003, 0.02)[0] * size)
