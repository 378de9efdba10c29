# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures of views under random materials, lights, backgrounds and cameras, for a whole batch at once."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from engine.training.backgrounds import backgrounds
from engine.training.camera_response import ToneCurve, photographed, reflectance
from engine.training.draws import Draws, unit
from engine.training.filters import gaussian, softened
from engine.training.floors import on_floor
from engine.training.lighting import LAMPS, Lighting
from engine.training.materials import Material, Pixels
from engine.training.thing import MAX_PARTS
from engine.training.views import Views


@dataclass
class OwnColours:
    """The colours that the objects of a batch of views have themselves."""

    albedo: Tensor
    """(B, 3, N, N) display values 0..1."""
    given: Tensor
    """(B,) bool: which views are drawn with them; the others get a material."""


def render(
    views: Views, generator: torch.Generator, views_per_object: int = 1, own: OwnColours | None = None
) -> Tensor:
    """Pictures (B, 3, N, N) in 0..1, as display values (sRGB-like), of `views` with backgrounds.

    Every `views_per_object` consecutive views are of one object: they share its material, its light, which is fixed
    to the object, the background and the camera. All randomness is from `generator`, on the views' device.
    """
    draws = Draws(len(views), generator, views_per_object)
    return photographed(scene(views, draws, own), draws)


def scene(views: Views, draws: Draws, own: OwnColours | None = None) -> Tensor:
    """Pictures (B, 3, N, N) in 0..1 before the camera's faults; `draws` of the B views."""
    batch, size = len(views), views.mask.shape[-1]
    count = batch // draws.repeat
    each = draws.of(count)
    material, tone = Material(each, in_space=draws.repeat > 1), ToneCurve(each)
    lighting = Lighting(views.lamps, views.rotation, draws.repeat, draws.generator)

    pixels = _pixels(views, _soft_shadows(views, draws), lighting.things)
    colour, slope = material.colours(pixels)
    if own is not None:
        has = own.given[pixels.picture]
        albedo = own.albedo.transpose(0, 1).reshape(3, -1)[:, pixels.index]
        colour, slope = torch.where(has, 0.02 + 0.96 * albedo, colour), torch.where(has, 0.0, slope)
    to_camera_frame = views.rotation.permute(1, 2, 0)[:, :, pixels.picture]
    normal = unit(pixels.normal + (to_camera_frame * slope).sum(1))
    seen = tone.develop(lighting.shade(pixels, reflectance(colour), normal, material.finish), pixels.thing)

    behind = backgrounds(size, material.first[:, ::MAX_PARTS], each, material.noise)[lighting.things]
    flat = on_floor(views, behind, lighting, draws, material.noise).transpose(0, 1).reshape(3, -1).contiguous()
    flat[:, pixels.index] = seen
    return _outlined(flat.reshape(3, batch, size, size).transpose(0, 1), views, lighting.steps[0, lighting.things] > 0)


def _pixels(views: Views, lit: Tensor, things: Tensor) -> Pixels:
    size = views.mask.shape[-1]
    index = views.mask.flatten().nonzero()[:, 0]
    picture = index // size**2
    column, row = index % size, index // size % size
    x, y = (column + 0.5) / size * 2 - 1, 1 - (row + 0.5) / size * 2
    p = views.perspective[picture]

    def channels(image: Tensor) -> Tensor:
        return image.transpose(0, 1).reshape(image.shape[1], -1)[:, index]

    return Pixels(
        index=index,
        picture=picture,
        thing=things[picture],
        part=things[picture] * MAX_PARTS + views.part.flatten()[index],
        points=channels(views.points),
        screen=torch.stack([x, y, torch.zeros_like(x)]),
        normal=channels(views.normal),
        to_camera=unit(torch.stack([-x * p, -y * p, torch.ones_like(p)])),
        openness=channels(views.openness),
        lit=channels(lit),
        size=size,
    )


def _soft_shadows(views: Views, draws: Draws) -> Tensor:
    """`lit` (B, 3, N, N) blurred for most pictures: large lamps."""
    lit, known = views.lit.clone(), views.mask + views.floor
    soft, sigma = draws.chance(0.7)[0], draws.scale(0.004, 0.03)[0] * known.shape[-1]
    rows = soft.nonzero()[:, 0]
    if len(rows):
        blurred = gaussian(torch.cat([lit[rows] * known[rows], known[rows]], 1), sigma[rows])
        lit[rows] = blurred[:, :LAMPS] / blurred[:, LAMPS:].clamp_min(1e-3)
    return lit


def _outlined(picture: Tensor, views: Views, cartoon: Tensor) -> Tensor:
    """Pictures (B, 3, N, N) whose outlines, of objects and of parts, have no stairs; dark lines there if `cartoon`."""
    name = (views.part + 1) * views.mask
    edge = torch.zeros_like(name)
    down, right = name[:, :, 1:] != name[:, :, :-1], name[..., 1:] != name[..., :-1]
    edge[:, :, 1:] += down
    edge[:, :, :-1] += down
    edge[..., 1:] += right
    edge[..., :-1] += right
    edge = edge.clamp_max(1)
    picture = torch.lerp(picture, softened(picture), edge)
    rows = cartoon.nonzero()[:, 0]
    picture[rows] *= 1 - 0.9 * softened(edge[rows])
    return picture
