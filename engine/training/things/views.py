# SPDX-License-Identifier: GPL-3.0-or-later
"""Views of things with what is hidden behind them: where each pixel's ray leaves the object for the last time."""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.training.objects import random_object
from engine.training.pool import LARGEST, RESOLUTION, SMALLEST
from engine.training.random_numbers import RandomNumbers
from engine.training.shapes import Caster, make_shape
from engine.training.things.caster import ThingCaster
from engine.training.things.model import Floats, RejectedError
from engine.training.things.shape import TexturedShape
from engine.training.views import Camera, random_camera, random_lamps, rays, view

VIEWS = 6
UPRIGHT = 0.93
"""How often a thing is seen as it stands."""
THIN = 0.004
"""Thickness in half crops below which front and exit are the same sheet."""
MOST_THIN = 0.15
"""Share of sheets up to which a view counts as of a closed shape."""

View = dict[str, Tensor]


def thing_views(dice: RandomNumbers, shape: TexturedShape, size: int) -> list[View]:
    """Up to VIEWS views of a textured shape, see `thing_view`. Raises RejectedError where all are too thin."""
    caster = ThingCaster(shape)
    views = []
    for _ in range(VIEWS):
        upright = dice.chance(UPRIGHT)
        camera, lamps = random_camera(dice, shape, upright), random_lamps(dice)
        views += thing_view(caster, camera, lamps, size, upright, floor=upright and dice.chance(0.6))
    if not views:
        raise RejectedError("views too thin")
    return views


def procedural_views(dice: RandomNumbers, size: int) -> list[View]:
    """Up to VIEWS views of a random object made by the rules; they have no albedo. Raises RejectedError."""
    thing = random_object(dice)
    shape = make_shape(thing.thing, RESOLUTION)
    if shape is None:
        raise RejectedError("hardly anything")
    caster = Caster(shape)
    views = []
    for _ in range(VIEWS):
        camera, floor = random_camera(dice, shape, thing.upright), thing.upright and dice.chance(0.6)
        packed = view(caster, camera, random_lamps(dice), size, floor, others=[])
        mask = packed["part"].numpy().ravel() > 0
        if SMALLEST < mask.mean() < LARGEST:
            views.append(_finished(packed, caster, camera, mask, shape.normals, thing.upright, albedo=None))
    if not views:
        raise RejectedError("views too thin")
    return views


def thing_view(caster: ThingCaster, camera: Camera, lamps: Floats, size: int, upright: bool, floor: bool) -> list[View]:
    """A view in the form of the shards (one, or none where the object is too small or too large in it): the pool's
    compact form, see `engine.training.views.unpack`, without `seen`, and beside it

    - albedo uint8 (3, N, N): display colours of the surface without light; `coloured` () uint8 1 where there are any,
    - exit_depth float16 (1, N, N): z where the ray leaves the object for the last time,
    - exit_normal int8 (3, N, N): 127 times the unit normal there, away from the camera,
    - closed () uint8: 1 where the object is closed enough for these two to mean something,
    - upright () uint8, pitch () float32 radians: the camera's elevation over the object's horizon,
    - fov () float32: degrees from side to side, 0 if orthographic.
    """
    shape = caster.shape
    faces, weights = caster.meet(*rays(camera, size))
    mask = faces >= 0
    if not SMALLEST < mask.mean() < LARGEST:
        return []
    middles = shape.vertices.reshape(-1, 3, 3).mean(1)
    orthographic = camera.perspective < 1e-3
    towards = np.broadcast_to(camera.rotation[2], middles.shape) if orthographic else camera.eye() - middles
    caster.turn_to(towards, faces[mask])
    packed = view(caster, camera, lamps, size, floor, others=[], hits=(faces, weights))
    albedo = np.zeros((size * size, 3), np.uint8)
    albedo[mask] = np.round(255 * caster.albedo(faces[mask], weights[mask], 2 / size / camera.scale).clip(0, 1))
    return [_finished(packed, caster, camera, mask, shape.front, upright, _image(albedo))]


def _finished(
    packed: View,
    caster: Caster,
    camera: Camera,
    mask: NDArray[np.bool_],
    normals: Floats,
    upright: bool,
    albedo: Tensor | None,
) -> View:
    """The view with its exit layer; `normals` (V, 3) of the shape, either way round."""
    size = packed["part"].shape[-1]
    origins, directions = (lines[mask] for lines in rays(camera, size, behind=True))
    depth, normal = last_surface(caster, camera, origins, directions, normals)
    front = packed["depth"].float().numpy().ravel()[mask]
    thickness = np.nan_to_num(front - depth).clip(0)
    exit_depth, exit_normal = np.zeros((size * size, 1), np.float16), np.zeros((size * size, 3), np.int8)
    exit_depth[mask, 0] = front - thickness
    exit_normal[mask] = np.round(127 * normal)
    closed = bool((thickness < THIN).mean() < MOST_THIN and np.isfinite(depth).mean() > 0.98)
    elevation = math.asin(float(np.clip(camera.rotation[2, 1], -1, 1)))
    extra = {
        "albedo": torch.zeros(3, size, size, dtype=torch.uint8) if albedo is None else albedo,
        "coloured": torch.tensor(albedo is not None, dtype=torch.uint8),
        "exit_depth": _image(exit_depth),
        "exit_normal": _image(exit_normal),
        "closed": torch.tensor(closed, dtype=torch.uint8),
        "upright": torch.tensor(upright, dtype=torch.uint8),
        "pitch": torch.tensor(elevation),
        "fov": torch.tensor(math.degrees(2 * math.atan(camera.perspective))),
    }
    return {name: value for name, value in packed.items() if name != "seen"} | extra


def last_surface(
    caster: Caster, camera: Camera, origins: Floats, directions: Floats, normals: Floats
) -> tuple[Floats, Floats]:
    """Depth (R,), NaN where there is none, and smooth unit normal (R, 3), away from the camera, both in the camera's
    frame, where rays from behind (R, 3), (R, 3) first meet the shape; `normals` (V, 3) either way round.
    """
    faces, weights = caster.meet(origins, directions)
    met = faces >= 0
    corners = caster.shape.faces[faces[met]]
    points = np.einsum("pk,pkc->pc", weights[met], caster.shape.vertices[corners])
    normal = np.einsum("pk,pkc->pc", weights[met], normals[corners])
    normal *= np.where(np.einsum("pc,pc->p", normal, directions[met]) > 0, -1, 1)[:, None]
    normal /= np.linalg.norm(normal, axis=1, keepdims=True).clip(1e-6)
    depth, turned = np.full(len(faces), np.nan, np.float32), np.zeros((len(faces), 3), np.float32)
    depth[met], turned[met] = camera.to_camera(points)[:, 2], normal @ camera.rotation.T
    return depth, turned


def _image(values: NDArray[np.generic]) -> Tensor:
    """(N * N, C) as (C, N, N)."""
    size = math.isqrt(len(values))
    return torch.from_numpy(values.reshape(size, size, -1).transpose(2, 0, 1).copy())
