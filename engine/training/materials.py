# SPDX-License-Identifier: GPL-3.0-or-later
"""What objects are made of: colours and patterns for every part of every object, and how their surface shines."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from engine.training.draws import Draws
from engine.training.textures import PATTERNS, Noise, random_pictures
from engine.training.thing import MAX_PARTS

PLAIN, PICTURE = len(PATTERNS), len(PATTERNS) + 1
"""Kinds of texture next to the numbers of PATTERNS."""
PICTURES, PICTURE_SIZE = 4, 96


@dataclass
class Pixels:
    """The pixels of a batch that show objects, M of them."""

    index: Tensor
    """(M,) in the batch's pixels (B, N, N), flattened."""
    picture: Tensor
    """(M,) in 0..B - 1."""
    thing: Tensor
    """(M,) number of the object."""
    part: Tensor
    """(M,) row of the tables of parts: MAX_PARTS rows for each object."""
    points: Tensor
    """(3, M) object frame."""
    screen: Tensor
    """(3, M) camera frame, z = 0."""
    normal: Tensor
    """(3, M) unit, camera frame."""
    to_camera: Tensor
    """(3, M) unit, camera frame."""
    openness: Tensor
    """(4, M) as in `Views`."""
    lit: Tensor
    """(3 lamps, M) as in `Views`."""
    size: int
    """N."""


@dataclass
class Finish:
    """How a surface returns light, (1, count) each."""

    gloss: Tensor
    """Mirror reflection at right angles: 0.04 for plastic; metals mirror in their colour."""
    exponent: Tensor
    """Of the highlights."""
    metal: Tensor
    """1 for metals, which have no diffuse light."""
    fuzz: Tensor
    """Light at grazing angles: velvet, plush, fruit."""
    wrap: Tensor
    """How far light goes round into the shade: skin, wax, fur."""


class Material:
    """Random materials of objects."""

    def __init__(self, things: Draws, in_space: bool) -> None:
        """`in_space`: textures lie in the object's frame, none in the picture's."""
        count, device = things.count, things.device
        parts = things.of(count * MAX_PARTS)
        self.noise = Noise(things.generator)

        # Colours: a few for each object, dealt to its parts; the second one of a pattern is often a shade of the first
        palette = things.of(count * 4).colours().reshape(3, count, 4)
        dealt = torch.where(things.chance(0.15).T, 0, parts.choice([5, 3, 2, 1]).reshape(count, MAX_PARTS))
        row = torch.arange(count, device=device)[:, None]
        first = palette[:, row, dealt].reshape(3, -1) * parts.uniform(0.9, 1.0)
        other = palette[:, row, parts.choice([1, 1, 1, 1]).reshape(count, MAX_PARTS)].reshape(3, -1)
        tone = (first * parts.scale(0.45, 1.6)).clamp(0, 1)
        self.first, self.second = first, torch.where(parts.chance(0.45), tone, other)
        self.amount = parts.uniform(0.15, 1.0).sqrt()

        # Patterns: most objects have none, some one for all, some one on some of their parts
        plain = torch.full((count, MAX_PARTS), PLAIN, device=device)
        weights = [3, 2, 3, 1.5, 2, 2, 2, 2, 3, 0, 4]
        one = things.choice(weights)[:, None].expand(-1, MAX_PARTS)
        some = torch.where(parts.chance(0.4).reshape(count, -1), one, plain)
        many = parts.choice([*weights[:-2], 12, 3]).reshape(count, -1)
        style = things.choice([0.42, 0.26, 0.14, 0.18])
        self.kind = torch.stack([plain, one, some, many])[style, row[:, 0]].reshape(-1)
        self.shape = parts.uniform(0, 1, 2)

        # Where patterns lie: along the object's axes or turned
        turned = parts.rotations()
        order = torch.randperm(3, generator=things.generator, device=device)
        quarter = torch.eye(3, device=device)[order]
        axes = torch.where(parts.chance(0.6)[None], quarter[:, :, None].expand_as(turned), turned)
        self.frequency = parts.scale(1.2, 9.0)
        self.axes = axes * self.frequency
        self.offset = parts.uniform(-3, 3, 3)
        self.on_screen = things.chance(0.0 if in_space else 0.1)[0]
        self.pictures = random_pictures(things.of(PICTURES), PICTURE_SIZE)
        self.picture = things.choice([1.0] * PICTURES).repeat_interleave(MAX_PARTS)
        self.printed = parts.chance(0.5)  # the pictures' shapes without their ground: prints, painted faces

        # Mottle and bumps
        self.grain = things.scale(2, 14)
        self.mottle = things.uniform(0, 0.12) * things.chance(0.6)
        self.bump = things.chance(0.4) * things.scale(0.03, 0.5)

        alike = things.chance(0.6).repeat_interleave(MAX_PARTS, 1)  # one finish for all parts, or each its own
        self.finish = Finish(*(
            torch.where(alike, a.repeat_interleave(MAX_PARTS, 1), b)
            for a, b in zip(_finishes(things), _finishes(parts), strict=True)
        ))  # fmt: skip

    def colours(self, pixels: Pixels) -> tuple[Tensor, Tensor]:
        """Display colours (3, M) in 0..1, and the slope (3, M) of bumps in the object's frame."""
        part = pixels.part
        at = torch.where(self.on_screen[pixels.thing], pixels.screen, pixels.points)
        colour, kind = self.first[:, part], self.kind[part]
        for k in range(PICTURE + 1):
            if k == PLAIN:
                continue
            rows = (kind == k).nonzero()[:, 0]
            if not len(rows):
                continue
            of = part[rows]
            frequency = self.frequency[:, of]
            here = (self.axes[:, :, of] * at[None, :, rows]).sum(1) + self.offset[:, of]
            if k == PICTURE:
                painted = self._printed(here / frequency, of)
            else:
                value = (
                    PATTERNS[k](here, frequency * (1.5 / pixels.size), self.shape[:, of], self.noise)
                    * self.amount[:, of]
                )
                painted = torch.lerp(self.first[:, of], self.second[:, of], value)
            colour[:, rows] = painted
        grain = self.noise(at * self.grain[:, pixels.thing], 4)
        colour = colour * (1 + self.mottle[:, pixels.thing] * grain[:1])
        return colour.clamp(0, 1), grain[1:] * self.bump[:, pixels.thing]

    def _printed(self, points: Tensor, part: Tensor) -> Tensor:
        """Colours (3, M) of the random pictures, projected along the third axis, mirrored where they end."""
        across = 2 * (1 - ((points[:2] / 2 + 0.5) % 2 - 1).abs()) - 1
        which = self.picture[part] * (2 / (PICTURES - 1)) - 1
        grid = torch.cat([across, which[None]]).T[None, None, None]
        stack = self.pictures.transpose(0, 1)[None]
        drawn = F.grid_sample(stack, grid, padding_mode="border", align_corners=True)[0, :, 0, 0]
        return torch.lerp(self.first[:, part], drawn[:3], torch.where(self.printed[:, part], drawn[3:], 1.0))


def _finishes(draws: Draws) -> tuple[Tensor, ...]:
    """Fields of `Finish`: matt, plastic, glazed, metal, velvet, wax."""
    kind = draws.choice([0.3, 0.28, 0.16, 0.08, 0.09, 0.09])[None]
    gloss = torch.where(kind == 1, draws.uniform(0.02, 0.06), 0.0)
    gloss = torch.where(kind == 2, draws.uniform(0.04, 0.12), gloss)
    gloss = torch.where(kind == 3, draws.uniform(0.4, 0.9), gloss)
    gloss = torch.where(kind == 5, draws.uniform(0.01, 0.05), gloss)
    exponent = torch.where(kind == 2, draws.scale(60, 600), draws.scale(6, 90))
    metal = (kind == 3).float()
    fuzz = torch.where(kind == 4, draws.uniform(0.2, 0.8), 0.0)
    wrap = torch.where(kind >= 4, draws.uniform(0.1, 0.6), 0.0)
    return gloss, exponent, metal, fuzz, wrap
