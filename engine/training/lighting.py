# SPDX-License-Identifier: GPL-3.0-or-later
"""Light: three lamps with their shadows, a sky, what surfaces mirror of both, and drawn shading."""

from __future__ import annotations

import torch
from torch import Tensor

from engine.training.draws import Draws, unit
from engine.training.materials import Finish, Pixels

LAMPS = 3
DARKEST, BRIGHTEST = 0.05, 0.75
"""Mean radiance of an object after exposure."""


class Lighting:
    """The lights of objects, fixed to them. Their surroundings are drawn in the camera frame of their first views."""

    def __init__(self, towards: Tensor, rotation: Tensor, views_per_object: int, generator: torch.Generator) -> None:
        """`towards` (B, 3 lamps, 3) unit directions, camera frame; `rotation` (B, 3, 3) object to camera frame."""
        self.things = torch.arange(len(rotation), device=rotation.device) // views_per_object
        self.towards = towards.permute(1, 2, 0)
        self.to_first = torch.einsum("bij,bkj->ikb", rotation[::views_per_object][self.things], rotation)
        """(3, 3, B) camera frame to that of the first view."""
        count = len(rotation) // views_per_object
        d = Draws(count, generator)

        warmth = d.uniform(-0.25, 0.25, LAMPS) * d.chance(0.6)
        strength = d.uniform(0.15, 1.0, LAMPS)
        strength[1:] *= d.chance(0.5)
        self.lamps = torch.stack([1 + warmth, torch.ones_like(warmth), 1 - warmth]) * strength * d.scale(0.25, 6.0)
        """(3 colours, 3 lamps, count) against a sky of about 1."""

        above_camera = torch.tensor([[0.0], [1.2], [0.4]], device=d.device)
        self.up = unit(d.directions() * 0.6 + above_camera)
        cool = d.uniform(-0.2, 0.2)
        self.above = d.uniform(0.5, 1.0) * torch.cat([1 - cool, torch.ones_like(cool), 1 + cool])
        self.below = self.above * d.uniform(0.1, 1.0) * d.uniform(0.85, 1.0, 3)
        self.horizon = d.scale(0.03, 0.6)

        # Two soft boxes or windows, which only mirrors see
        centre = unit(d.of(2 * count).directions().reshape(3, 2, count) + 0.4 * above_camera[:, None])
        side = unit(torch.stack([centre[2], torch.zeros_like(centre[0]), -centre[0]]))
        self.boxes = torch.stack([centre, side, torch.linalg.cross(centre, side, dim=0)])
        self.box_size, self.box_light = d.uniform(0.12, 0.6, 4).reshape(2, 2, count), d.scale(0.5, 6.0, 2)

        self.exposure = d.scale(0.7, 1.35)
        drawn = d.choice([0.84, 0.08, 0.08])[None]
        self.steps = torch.where(drawn == 1, d.uniform(2, 5).floor(), 0.0)
        """Levels of light in a cartoon, 0 where light is smooth."""
        self.flatness = torch.where(drawn == 2, d.uniform(0.5, 1.0), 0.0)

    def shade(self, pixels: Pixels, colour: Tensor, normal: Tensor, finish: Finish) -> Tensor:
        """Exposed radiance (3, M) of surfaces of linear `colour` (3, M) with the bumpy `normal` (3, M)."""
        part, thing, picture = pixels.part, pixels.thing, pixels.picture
        facing = (normal * pixels.to_camera).sum(0, keepdim=True).clamp(0, 1)
        shiny = (finish.gloss[0, part] > 0).nonzero()[:, 0]
        gloss, exponent = finish.gloss[:, part[shiny]], finish.exponent[:, part[shiny]]
        wrap = finish.wrap[:, part]

        up = (self.to_first * self.up[:, None, self.things]).sum(0)[:, picture]
        along = (up * (pixels.openness[1:] + (normal - pixels.normal) * (2 / 3))).sum(0, keepdim=True)
        mean, slope = (self.above + self.below) / 2, (self.above - self.below) / 2
        light = mean[:, thing] * pixels.openness[:1] + slope[:, thing] * along
        highlight = torch.zeros_like(colour[:, shiny])
        for k in range(LAMPS):
            lamp = self.lamps[:, k, thing] * pixels.lit[k]
            towards = self.towards[k][:, picture]
            cosine = (normal * towards).sum(0, keepdim=True)
            light += lamp * ((cosine + wrap) / (1 + wrap)).clamp_min(0)
            half = unit(towards[:, shiny] + pixels.to_camera[:, shiny])
            # Blinn and Phong's lobe, normalised so that its energy stays the same
            lobe = (normal[:, shiny] * half).sum(0, keepdim=True).clamp_min(1e-4) ** exponent * (exponent + 8) / 25
            highlight += lamp[:, shiny] * lobe * (cosine[:, shiny] > 0)
        light *= 1 + 2 * finish.fuzz[:, part] * (1 - facing) ** 3
        metal = finish.metal[:, part]
        radiance = colour * light * (1 - 0.9 * metal)

        seen = facing[:, shiny]
        fresnel = gloss + 0.5 * (1 - gloss) * (1 - seen) ** 5  # Schlick's, weakened: hardly anything is polished
        reflected = 2 * seen * normal[:, shiny] - pixels.to_camera[:, shiny]
        in_first = (self.to_first[:, :, picture[shiny]] * reflected).sum(1)
        mirrored = self._surroundings(in_first, thing[shiny], exponent.rsqrt()) * pixels.openness[:1, shiny].clamp(0, 1)
        tint = torch.where(metal[:, shiny] > 0, 0.2 + 0.8 * colour[:, shiny], 1.0)
        radiance[:, shiny] += tint * (fresnel * mirrored + gloss * highlight)

        exposure = self._exposure(light, radiance, thing)[:, thing]
        return self._drawn(radiance * exposure, colour, light.mean(0) * exposure[0], thing)

    def _surroundings(self, direction: Tensor, thing: Tensor, rough: Tensor) -> Tensor:
        """Light (3, M) that arrives from `direction` (3, M), frame of the first view, blurred by `rough` (1, M)."""
        height = (direction * self.up[:, thing]).sum(0, keepdim=True)
        share = (height / (2 * (self.horizon[:, thing] + rough)) + 0.5).clamp(0, 1)
        light = torch.lerp(self.below[:, thing], self.above[:, thing], share)
        for k in range(2):
            front, u, v = ((direction * axis[:, k, thing]).sum(0, keepdim=True) for axis in self.boxes)
            inside = torch.minimum(self.box_size[k, :1, thing] - u.abs(), self.box_size[k, 1:, thing] - v.abs())
            light += self.box_light[k, thing] * (front > 0) * (inside / (0.03 + rough) + 0.5).clamp(0, 1)
        return light

    def _exposure(self, light: Tensor, radiance: Tensor, thing: Tensor) -> Tensor:
        """(1, count): by the mean light that falls on each object, so that a white one comes out white; more or less
        where that would leave nothing to see."""
        each = torch.stack([light.mean(0), radiance.mean(0), torch.ones_like(light[0])])
        total = torch.zeros(3, self.exposure.shape[1], device=light.device).index_add_(1, thing, each)
        mean_light, mean_radiance = (total[:2] / total[2:].clamp_min(1)).clamp_min(1e-4).split(1)
        exposure = self.exposure / mean_light
        result = exposure * mean_radiance
        return exposure * result.clamp(DARKEST, BRIGHTEST) / result

    def _drawn(self, radiance: Tensor, colour: Tensor, light: Tensor, thing: Tensor) -> Tensor:
        """`radiance` (3, M), in steps of the `light` (M,) for some objects and hardly shaded for others."""
        steps = self.steps[0, thing]
        rows = (steps > 0).nonzero()[:, 0]
        level = ((light[rows] / 1.2).clamp(0, 1) * steps[rows]).round() / steps[rows]
        radiance[:, rows] = colour[:, rows] * (0.3 + 0.8 * level)
        return torch.lerp(radiance, colour, self.flatness[:, thing])
