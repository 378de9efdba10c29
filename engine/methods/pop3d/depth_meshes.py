# SPDX-License-Identifier: GPL-3.0-or-later
"""What earlier views say for sure of a new one.

Each point of the surface that a view has seen is object, from wherever one looks: so it lies inside the new view's
outline, and nothing that the new view shows lies behind it.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from engine.field.view import View
from engine.geometry.camera import Camera
from engine.geometry.triangles import Floats, RayCaster, Triangles

MIN_COSINE = 0.2
"""Parts of a mesh that are turned farther away from its camera bridge two surfaces rather than show one."""


def depth_mesh(view: View) -> Triangles:
    """The surface that `view` shows (depth in world units) as a mesh: a vertex for each pixel of its mask."""
    mask = view.mask.numpy()
    points = (view.camera.eye + view.depth[..., None] * view.camera.rays()).numpy()[mask]
    number = np.full(mask.shape, -1)
    number[mask] = np.arange(len(points))
    a, b, c, d = number[:-1, :-1], number[:-1, 1:], number[1:, :-1], number[1:, 1:]
    faces = np.concatenate([np.stack(corners, -1).reshape(-1, 3) for corners in ((a, c, b), (b, c, d))])
    faces = faces[(faces >= 0).all(1)]
    mesh = Triangles(points, faces)
    away = view.camera.eye.numpy() - points[faces].mean(1)
    cosine = (mesh.face_normals() * away).sum(1) / np.linalg.norm(away, axis=1)
    return Triangles(points, faces[cosine > MIN_COSINE])


def farthest_depth(views: Iterable[View], camera: Camera) -> Floats:
    """The largest depth (N, N) that the surface can have in each pixel of `camera`, infinite where `views` tell
    nothing: that of the first of their points on the ray.
    """
    meshes = [depth_mesh(view) for view in views]
    offsets = np.cumsum([0, *(len(one.vertices) for one in meshes)])
    faces = [one.faces + offset for one, offset in zip(meshes, offsets[:-1], strict=True)]
    every = Triangles(np.concatenate([one.vertices for one in meshes]), np.concatenate(faces))
    return RayCaster(every).view(camera)[1]
