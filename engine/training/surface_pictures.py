# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures that the surface network learns from, with what is true of them: things under made-up light, cut out or in
their scene, and photographs of things laid on photographs.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import torch
from torch import Tensor
from torch.nn import functional as F

from engine.training import camera_response
from engine.training.cutouts import Photographs
from engine.training.draws import Draws
from engine.training.filters import softened
from engine.training.monocular import mirrored
from engine.training.render import OwnColours, render
from engine.training.surface_losses import Truth
from engine.training.surface_shards import Shards, Things
from engine.training.untextured import render_untextured
from engine.training.views import select

PLAIN = 0.2
"""Share of the pictures of things that are plain."""
OWN = 0.65
"""Share of the things with colours of their own that are shown in them."""
SMALLEST = 0.4
"""How much smaller a thing may be drawn in a picture that is to be cut out."""
BEYOND = 0.3
"""How far it may reach out of the picture, in crops."""


@dataclass
class Sample:
    """Pictures (B, 3, N, N) in 0..1, whether the mask is told (B,), and the truth."""

    picture: Tensor
    known: Tensor
    truth: Truth


def things_cut_out(shards: Shards, count: int, size: int, generator: torch.Generator) -> Sample:
    """Things whose masks are told."""
    things = turned_over(shards.draw(count, size, generator), generator)
    return Sample(painted(things, generator), torch.ones(count), truth_of(things))


def things_in_scenes(
    shards: Shards, photographs: Photographs | None, count: int, size: int, generator: torch.Generator
) -> Sample:
    """Things that are to be cut out: smaller, anywhere, some reaching out of the picture, half before photographs."""
    things = turned_over(shards.draw(count, size, generator), generator)
    whole = torch.rand(count, generator=generator) < 0.3
    scale = torch.where(whole, 1.0, SMALLEST + (1 - SMALLEST) * torch.rand(count, generator=generator))
    middle = 2 * torch.rand(count, 2, generator=generator) - 1
    reach = torch.where(torch.rand(count, generator=generator) < 0.3, BEYOND, 0.0)
    shift = torch.where(whole, 0.0, (1 - scale + reach))[:, None] * middle
    things = moved(things, scale, shift)
    picture = painted(things, generator)
    if photographs is not None:
        rows = torch.arange(count // 2)
        alpha = softened(softened(things.views.mask[rows]))
        inner = ((alpha - 0.5) * 2).clamp(0, 1)  # within the outline, where the old background doesn't show
        behind = photographs.backgrounds(len(rows), size, generator)
        picture[rows] = camera_response.photographed(
            torch.lerp(behind, picture[rows], inner), Draws(len(rows), generator)
        )
    return Sample(picture, torch.zeros(count), truth_of(things))


def photographed(photographs: Photographs, count: int, size: int, generator: torch.Generator) -> Sample:
    """Photographs of things on photographs; of these only the mask is known."""
    picture, alpha = photographs.laid(count, size, generator)
    nothing, three = torch.zeros(count, 1, size, size), torch.zeros(count, 3, size, size)
    no = torch.zeros(count)
    up = torch.tensor([0.0, 1.0, 0.0]).expand(count, 3)
    truth = Truth(alpha, three, nothing, nothing, three, up, no, no, no)
    return Sample(camera_response.photographed(picture, Draws(count, generator)), no, truth)


def painted(things: Things, generator: torch.Generator) -> Tensor:
    """Pictures (B, 3, N, N) of `things`, some plain, some in their own colours, the rest in made-up materials."""
    count = len(things.views)
    own = things.coloured & (torch.rand(count, generator=generator) < OWN)
    plain = ~own & (torch.rand(count, generator=generator) < PLAIN / (1 - 0.5 * OWN))
    picture = torch.empty_like(things.views.normal)
    if len(rows := plain.nonzero()[:, 0]):
        picture[rows] = render_untextured(select(things.views, rows), generator)
    if len(rows := (~plain).nonzero()[:, 0]):
        colours = OwnColours(things.albedo[rows], own[rows])
        picture[rows] = render(select(things.views, rows), generator, own=colours)
    return picture


def turned_over(things: Things, generator: torch.Generator) -> Things:
    """`things`, or all of them mirrored left to right."""
    if float(torch.rand((), generator=generator)) < 0.5:
        return things
    sign = torch.tensor([-1.0, 1.0, 1.0])[:, None, None]
    return replace(
        things, views=mirrored(things.views), thickness=things.thickness.flip(3),
        exit_normal=things.exit_normal.flip(3) * sign, albedo=things.albedo.flip(3),
    )  # fmt: skip


def moved(things: Things, scale: Tensor, shift: Tensor) -> Things:
    """`things` drawn smaller by `scale` (B,), their middles at `shift` (B, 2) of the crop; no floor where moved."""
    views = things.views
    n = views.mask.shape[-1]
    zoom = torch.zeros(len(views), 2, 3)
    zoom[:, 0, 0] = zoom[:, 1, 1] = 1 / scale
    zoom[:, :, 2] = -shift / scale[:, None] * scale.new_tensor([1.0, -1.0])
    grid = F.affine_grid(zoom, [len(views), 1, n, n], align_corners=False)
    size = scale[:, None, None, None]

    def sampled(image: Tensor) -> Tensor:
        return F.grid_sample(image.float(), grid, mode="nearest", align_corners=False).to(image.dtype)

    changed = {f.name: getattr(views, f.name) for f in fields(views)}
    for name in ("mask", "depth", "normal", "part", "openness", "lit", "points"):
        changed[name] = sampled(changed[name])
    changed["depth"] = changed["depth"] * size
    changed["floor"] = torch.where(size == 1, views.floor, 0.0)
    changed["perspective"] = views.perspective / scale
    return replace(
        things, views=replace(views, **changed), thickness=sampled(things.thickness) * size,
        exit_normal=sampled(things.exit_normal), albedo=sampled(things.albedo),
    )  # fmt: skip


def truth_of(things: Things) -> Truth:
    """What is true of pictures of `things`."""
    views = things.views
    return Truth(
        views.mask, views.normal, views.depth, things.thickness, things.exit_normal, views.rotation[:, :, 1],
        torch.ones(len(views)), things.closed, things.upright,
    )  # fmt: skip


def joined(samples: list[Sample]) -> Sample:
    """All of them in one batch."""
    truth = Truth(**{
        f.name: torch.cat([getattr(s.truth, f.name) for s in samples]) for f in fields(Truth)
    })  # fmt: skip
    return Sample(torch.cat([s.picture for s in samples]), torch.cat([s.known for s in samples]), truth)
