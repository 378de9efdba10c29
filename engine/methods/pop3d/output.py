# SPDX-License-Identifier: GPL-3.0-or-later
"""What All Round hands over: the textured mesh, its views, and how the picture's own view comes out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from engine.field.grid import RADIUS
from engine.field.view import View
from engine.geometry.camera import Camera
from engine.geometry.triangles import RayCaster, Triangles, signed_areas
from engine.mesh.bake import bake
from engine.mesh.mesh import Mesh
from engine.mesh.normal_map import baked_normals
from engine.mesh.outline import fitted_to_outline
from engine.mesh.seams import aligned_at_seams
from engine.mesh.simplify import simplified
from engine.mesh.unwrap import unwrap
from engine.methods.pop3d.cameras import WINDOW
from engine.methods.pop3d.descriptor import POP3D
from engine.methods.pop3d.first_view import on_white
from engine.methods.pop3d.quality import assess
from engine.picture.picture import Crop, Picture

Floats = NDArray[np.float32]


@dataclass
class POP3DOutput:
    """The whole object; images (N, N, ...) over the crop, row 0 on top."""

    crop: Crop
    """The square of the upright picture that the first camera sees."""
    depth: Floats
    """(N, N) of the mesh towards the camera in half crops, 0 where the object's middle is; NaN outside."""
    normal: Floats
    """(N, N, 3) unit, of the mesh: x right, y up, z towards the camera; NaN outside."""
    mask: Floats
    """(N, N) the object's coverage of each pixel, 0..1."""
    texture: Floats
    """(T, T, 3) sRGB 0..1, row 0 on top."""
    normal_map: Floats | None
    """(T, T, 3) 0..1, row 0 on top, as `baked_normals` makes it; None where it isn't wanted."""
    mesh: Mesh
    """The object in the scene's frame."""
    views: list[View]
    """The input view first; cameras and depths in the scene's frame and units."""
    quality: dict[str, Any]
    """Figures and the verdict, as `quality.assess` defines them."""


def finished(
    picture: Picture, views: Sequence[View], surface: Triangles, settings: POP3D, *, sdf_steps: int
) -> POP3DOutput:
    """The output for the closed `surface` that `views` of the framed `picture` tell of, in world units.

    The input view gives it its outline and colours in the picture's own resolution, at most that of the texture.
    """
    fine = fine_view(picture, views[0].camera, min(picture.crop.size, settings.texture_size))
    dense, surface = surface, fitted_to_outline(simplified(surface, settings.faces), fine)
    charts = unwrap(surface, settings.texture_size)
    normal_map = None
    if settings.normal_map:
        normal_map = baked_normals(surface, charts, fitted_to_outline(dense, fine), settings.normal_map)
    baked = bake(surface, charts, [fine, *views[1:]], settings.texture_size)
    depth, normal = seen_by(views[0].camera, surface)
    virtual = aligned_at_seams(surface, equal_density(surface, charts))
    vertices, origin, scale = in_scene(surface.vertices, settings.size)
    _, coverage = picture.square(settings.view_size)
    return POP3DOutput(
        crop=picture.crop,
        depth=depth,
        normal=normal,
        mask=coverage,
        texture=baked.texture,
        normal_map=normal_map,
        mesh=Mesh(vertices, surface.faces.astype(np.int32), virtual, charts),
        views=[moved(view, origin, scale) for view in views],
        quality=assess(surface, charts, fine, views, baked, sdf_steps=sdf_steps),
    )


def fine_view(picture: Picture, camera: Camera, size: int) -> View:
    """The input view at `size` x `size` pixels, for its outline and colours: without a surface."""
    color, mask = on_white(picture, size)
    nothing = torch.zeros_like(color)
    return View(camera.resized(size), color, mask, nothing[..., 0], nothing)


def seen_by(camera: Camera, surface: Triangles) -> tuple[Floats, Floats]:
    """Depth (N, N) and normals (N, N, 3) of `surface` in `camera`, as POP3DOutput has them."""
    face, depth = RayCaster(surface).view(camera)
    normal = np.full((*face.shape, 3), np.nan, np.float32)
    normal[face >= 0] = surface.face_normals()[face[face >= 0]] @ camera.rotation.numpy()
    return np.where(face >= 0, (RADIUS - depth) / WINDOW, np.nan).astype(np.float32), normal


def in_scene(vertices: Floats, size: float) -> tuple[Floats, Floats, float]:
    """World points (V, 3) in the scene's frame, longest side `size` metres; the world point (3,) that is its origin,
    and metres per world unit.
    """
    low, high = vertices.min(0), vertices.max(0)
    origin = np.array([(low[0] + high[0]) / 2, (low[1] + high[1]) / 2, low[2]], np.float32)
    scale = size / float((high - low).max())
    return ((vertices - origin) * scale).astype(np.float32), origin, scale


def moved(view: View, origin: Floats, scale: float) -> View:
    """`view` with camera and depth in the scene's frame and units."""
    matrix = view.camera.matrix.clone()
    matrix[:3, 3] = (matrix[:3, 3] - torch.from_numpy(origin)) * scale
    return replace(view, camera=replace(view.camera, matrix=matrix), depth=view.depth * scale)


def equal_density(surface: Triangles, charts: Floats) -> Floats:
    """The `charts` (F, 3, 2) scaled so that the virtual texture from 0 to 1 is as long as the surface's longest side:
    one scale for all, since the charts have one texel density.
    """
    flat = np.abs(signed_areas(charts)).sum()
    longest = np.ptp(surface.vertices, axis=0).max()
    return (charts * np.sqrt(surface.areas().sum() / flat) / longest).astype(np.float32)
