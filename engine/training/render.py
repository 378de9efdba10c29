# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures of views under random materials, lights, backgrounds and cameras, for a whole batch at once."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from engine.training.backgrounds import backgrounds
from engine.training.draws import Draws
from engine.training.film import Film, camera, linear
from engine.training.filters import gaussian, softened
from engine.training.lighting import LAMPS, Lighting, shade
from engine.training.materials import Material, Pixels
from engine.training.thing import MAX_PARTS
from engine.training.views import Views


@dataclass
class Batch:
    """Surfaces as tensors (B, C, N, N): depth 1, normal 3, mask 1, coordinates 2; frames of the engine."""

    depth: Tensor
    normal: Tensor
    mask: Tensor
    coordinates: Tensor


def render(views: Views, generator: torch.Generator, views_per_object: int = 1) -> Tensor:
    """Pictures (B, 3, N, N) in 0..1, as display values (sRGB-like), of `views` with backgrounds.

    Every `views_per_object` consecutive views are of one object: they share its material, its light, which is fixed
    to the object, and the colours of the background. All randomness is from `generator`, on the views' device.
    """
    batch, size = len(views.mask), views.mask.shape[-1]
    draws = Draws(batch, generator)
    count = batch // views_per_object
    things = torch.arange(batch, device=views.mask.device) // views_per_object
    material = Material(count, draws, in_space=views_per_object > 1)
    lighting, film = Lighting(count, draws), Film(count, draws)
    behind = backgrounds(count, size, material.first[:, ::MAX_PARTS], draws, material.noise)[things]

    pixels = _pixels(views, things)
    colour, slope = material.colours(pixels)
    normal = F.normalize(pixels.normal + (views.rotation.permute(1, 2, 0)[:, :, pixels.picture] * slope).sum(1), dim=0)
    first = views.rotation[::views_per_object][things]
    radiance = shade(
        pixels,
        linear(colour),
        normal,
        _to_camera(pixels, views.perspective),
        views.lamps,
        _channels(_soft_shadows(views, draws), pixels.index),
        _channels(views.openness, pixels.index),
        torch.einsum("bij,bkj->ikb", first, views.rotation),
        things,
        material.finish,
        lighting,
    )
    display = film.develop(radiance, pixels.thing)

    behind = _floor(views, behind, lighting, things, draws)
    flat = behind.transpose(0, 1).reshape(3, -1).contiguous()
    flat[:, pixels.index] = display
    picture = flat.reshape(3, batch, size, size).transpose(0, 1)
    picture = _outlined(picture, views, lighting, things)
    cover = softened(views.mask)
    picture = torch.lerp(picture, softened(picture), 4 * cover * (1 - cover))  # outlines without stairs
    return camera(picture, draws)


def _channels(image: Tensor, index: Tensor) -> Tensor:
    """The channels (C, M) of `image` (B, C, N, N) at `index` (M,) of its flattened pixels."""
    return image.transpose(0, 1).reshape(image.shape[1], -1)[:, index]


def _pixels(views: Views, things: Tensor) -> Pixels:
    size = views.mask.shape[-1]
    index = views.mask.flatten().nonzero()[:, 0]
    picture = index // size**2
    thing = things[picture]
    column, row = index % size, index // size % size
    x, y = (column + 0.5) / size * 2 - 1, 1 - (row + 0.5) / size * 2
    return Pixels(
        index=index,
        picture=picture,
        thing=thing,
        part=thing * MAX_PARTS + views.part.flatten()[index],
        points=_channels(views.points, index),
        screen=torch.stack([x, y, torch.zeros_like(x)]),
        normal=_channels(views.normal, index),
        size=size,
    )


def _to_camera(pixels: Pixels, perspective: Tensor) -> Tensor:
    """Unit directions (3, M) towards the camera."""
    p = perspective[pixels.picture]
    return F.normalize(torch.stack([-pixels.screen[0] * p, -pixels.screen[1] * p, torch.ones_like(p)]), dim=0)


def _soft_shadows(views: Views, draws: Draws) -> Tensor:
    """`lit` (B, 3, N, N), blurred for some pictures: large lamps."""
    known = views.mask + views.floor
    rows = draws.of(len(known)).chance(0.7)[0].nonzero()[:, 0]
    lit = views.lit.clone()
    if len(rows):
        sigma = draws.of(len(rows)).scale(0.004, 0.03)[0] * known.shape[-1]
        blurred = gaussian(torch.cat([lit[rows] * known[rows], known[rows]], 1), sigma)
        lit[rows] = blurred[:, :LAMPS] / blurred[:, LAMPS:].clamp_min(1e-3)
    return lit


def _floor(views: Views, behind: Tensor, lighting: Lighting, things: Tensor, draws: Draws) -> Tensor:
    """Backgrounds (B, 3, N, N) with the shadows that objects throw on their floor, where there is one."""
    has = views.floor.flatten(1).any(1)
    rows = (has & draws.of(len(things)).chance(0.75)[0]).nonzero()[:, 0]
    if not len(rows):
        return behind
    size, floor, thing = views.floor.shape[-1], views.floor[rows], things[rows]
    up = views.rotation[rows, :, 1]
    cosine = torch.einsum("bkc,bc->bk", views.lamps[rows], up).clamp_min(0)
    lamps = lighting.lamps.mean(0)[:, thing].T * cosine  # (R, 3)
    sky = lighting.above.mean(0)[thing]
    near = gaussian(views.mask[rows], draws.of(len(rows)).uniform(0.02, 0.06)[0] * size)
    contact = 1 - draws.of(len(rows)).uniform(0.3, 1.0).T[..., None, None] * near
    light = (lamps[..., None, None] * views.lit[rows]).sum(1, keepdim=True) + sky[:, None, None, None] * contact
    share = light / (lamps.sum(1) + sky)[:, None, None, None]
    shadow = 1 - floor + floor * share.clamp(0, 1) ** (1 / 2.2)
    shadow = gaussian(shadow, draws.of(len(rows)).scale(0.003, 0.02)[0] * size)
    result = behind.clone()
    result[rows] = result[rows] * shadow
    return result


def _outlined(picture: Tensor, views: Views, lighting: Lighting, things: Tensor) -> Tensor:
    """Dark lines along outlines and parts for pictures with drawn shading."""
    rows = (lighting.steps[0, things] > 0).nonzero()[:, 0]
    if not len(rows):
        return picture
    name = (views.part[rows] + 1) * views.mask[rows]
    edge = softened((F.max_pool2d(name, 3, 1, 1) != name).float())
    picture = picture.clone()
    picture[rows] *= 1 - 0.9 * edge
    return picture
