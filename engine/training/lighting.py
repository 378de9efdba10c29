# SPDX-License-Identifier: GPL-3.0-or-later
"""Light: three lamps with their shadows, a sky, what surfaces mirror of both, and drawn shading."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from engine.training.draws import Draws
from engine.training.materials import Finish, Pixels

LAMPS = 3


class Lighting:
    """The lights of `count` objects. Their sky is fixed in the camera frame of each object's first view."""

    def __init__(self, count: int, draws: Draws) -> None:
        d = draws.of(count)
        warmth = d.uniform(-0.25, 0.25, LAMPS) * d.chance(0.6)
        strength = d.uniform(0.15, 1.0, LAMPS)
        strength[1:] *= d.chance(0.5)
        strength *= d.scale(0.25, 6.0)  # against the sky
        tint = torch.stack([1 + warmth, torch.ones_like(warmth), 1 - warmth])
        self.lamps = tint * strength
        """(3 colours, 3 lamps, count)."""
        up = torch.tensor([[0.0], [1.2], [0.4]], device=d.device)
        self.up = F.normalize(d.directions() * 0.6 + up, dim=0)
        cool = d.uniform(-0.2, 0.2)
        above = d.uniform(0.5, 1.0) * torch.cat([1 - cool, torch.ones_like(cool), 1 + cool])
        below = above * d.uniform(0.1, 1.0) * d.uniform(0.85, 1.0, 3)
        self.above, self.below = above, below
        self.horizon = d.scale(0.03, 0.6)
        self.boxes = F.normalize(d.of(count * 2).directions().reshape(3, count, 2) + up[:, :, None] * 0.5, dim=0)
        self.box_size = d.uniform(0.15, 0.6, 4).reshape(2, 2, count)
        self.box_light = d.scale(0.5, 6.0, 2)
        self.softness = torch.where(d.chance(0.5), 1.0, 0.0)
        self.exposure = d.scale(0.65, 1.6)
        # Drawn rather than lit: steps of light, or hardly any shading
        drawn = d.choice([0.84, 0.08, 0.08])[None]
        self.steps = torch.where(drawn == 1, torch.floor(d.uniform(2, 5)), 0.0)
        self.flatness = torch.where(drawn == 2, d.uniform(0.5, 1.0), 0.0)

    def mirrored(self, direction: Tensor, thing: Tensor, rough: Tensor) -> Tensor:
        """Light (3, M) that arrives from `direction` (3, M), in the frame of the first view, blurred by `rough`."""
        height = (direction * self.up[:, thing]).sum(0, keepdim=True)
        edge = self.horizon[:, thing] + rough
        light = torch.lerp(self.below[:, thing], self.above[:, thing], (height / (2 * edge) + 0.5).clamp(0, 1))
        for k in range(2):
            centre = self.boxes[:, thing, k]
            side = F.normalize(torch.stack([centre[2], torch.zeros_like(centre[0]), -centre[0]]), dim=0)
            top = torch.linalg.cross(centre, side, dim=0)
            u, v = ((direction * axis).sum(0, keepdim=True).abs() for axis in (side, top))
            inside = torch.minimum(self.box_size[k, :1, thing] - u, self.box_size[k, 1:, thing] - v)
            front = (direction * centre).sum(0, keepdim=True) > 0
            light = light + self.box_light[k, thing] * front * (inside / (0.03 + rough) + 0.5).clamp(0, 1)
        return light


def shade(
    pixels: Pixels,
    colour: Tensor,
    normal: Tensor,
    to_camera: Tensor,
    towards: Tensor,
    lit: Tensor,
    openness: Tensor,
    to_first: Tensor,
    things: Tensor,
    finish: Finish,
    lighting: Lighting,
) -> Tensor:
    """Radiance (3, M) of surfaces of linear `colour` (3, M).

    normal, to_camera (3, M) unit, camera frame; towards (B, 3 lamps, 3) unit directions to the lamps; lit (3, M);
    openness (4, M) as in `Views`; to_first (3, 3, B) from each picture's camera frame to that of the object's first
    view.
    """
    part, thing, picture = pixels.part, pixels.thing, pixels.picture
    fuzz, wrap, metal = finish.fuzz[:, part], finish.wrap[:, part], finish.metal[:, part]
    facing = (normal * to_camera).sum(0, keepdim=True).clamp(0, 1)

    # Sky: from `below` to `above` along `up`, a + b.w with a its mean
    up = torch.einsum("ijb,ib->jb", to_first, lighting.up[:, things])
    mean, slope = (lighting.above + lighting.below) / 2, (lighting.above - lighting.below) / 2
    along = (up[:, picture] * (openness[1:] + (normal - pixels.normal) * 0.66)).sum(0, keepdim=True)
    light = mean[:, thing] * openness[:1] + slope[:, thing] * along
    highlight = torch.zeros_like(colour)
    shiny = (finish.gloss[0, part] > 0).nonzero()[:, 0]
    exponent = finish.exponent[:, part[shiny]]
    for k in range(LAMPS):
        lamp = lighting.lamps[:, k][:, thing]
        direction = towards[:, k].T[:, picture]
        cosine = (normal * direction).sum(0, keepdim=True)
        light = light + lamp * (lit[k] * ((cosine + wrap) / (1 + wrap)).clamp_min(0))
        half = F.normalize(direction[:, shiny] + to_camera[:, shiny], dim=0)
        peak = (normal[:, shiny] * half).sum(0, keepdim=True).clamp_min(1e-4) ** exponent * (exponent + 8) / 25
        highlight[:, shiny] += lamp[:, shiny] * lit[k, shiny] * peak * (cosine[:, shiny] > 0)
    light = light * (1 + fuzz * 2 * (1 - facing) ** 3)
    radiance = colour * light * (1 - metal * 0.9)

    gloss = finish.gloss[:, part[shiny]]
    seen = facing[:, shiny]
    fresnel = gloss + (1 - gloss) * (1 - seen) ** 5 * 0.7
    reflected = 2 * seen * normal[:, shiny] - to_camera[:, shiny]
    in_first = (to_first[:, :, picture[shiny]] * reflected[None]).sum(1)
    surroundings = lighting.mirrored(in_first, thing[shiny], exponent**-0.5) * openness[:1, shiny].clamp(0, 1)
    tint = torch.where(metal[:, shiny] > 0, colour[:, shiny], torch.ones_like(colour[:, shiny]))
    radiance[:, shiny] += tint * (fresnel * surroundings + gloss * highlight[:, shiny])

    # Exposure by the light that falls on the object on average; then drawn shading instead of this one at times
    bright = light.mean(0)
    count = lighting.exposure.shape[1]
    total = torch.zeros(2, count, device=light.device).index_add_(
        1, thing, torch.stack([bright, torch.ones_like(bright)])
    )
    exposure = lighting.exposure / (total[:1] / total[1:].clamp_min(1)).clamp_min(1e-3)
    radiance = radiance * exposure[:, thing]
    steps = lighting.steps[:, thing]
    toon = (steps[0] > 0).nonzero()[:, 0]
    level = (bright[toon] * exposure[0, thing[toon]] / 1.2).clamp(0, 1)
    radiance[:, toon] = colour[:, toon] * (0.35 + 0.8 * (level * steps[0, toon]).round() / steps[0, toon])
    return torch.lerp(radiance, colour, lighting.flatness[:, thing])
