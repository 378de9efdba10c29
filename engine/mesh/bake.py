# SPDX-License-Identifier: GPL-3.0-or-later
"""The texture of a mesh, from the views that see it.

Textures have row 0 on top, v = 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import binary_erosion, distance_transform_edt, maximum_filter, minimum_filter
from scipy.spatial import cKDTree
from torch import Tensor

from engine.field.view import View
from engine.geometry.nearest import nearest_known
from engine.geometry.sampling import bilinear
from engine.geometry.triangles import Floats, Ints, RayCaster, Triangles

MIN_COSINE = 0.1
"""A surface turned farther away takes no colour from a view."""
FIRST_WINS = (0.1, 0.3)
"""Cosines between which the first view takes over from the blend."""
SOFT_EDGE = 2.0
"""Pixels from the silhouette, or from an edge inside it, over which a view's weight grows: colours mix there."""
JUMP = 0.1
"""World units by which depth changes at an edge inside the silhouette."""
OFFSET = 4e-3
"""World units above the surface at which shadow rays start."""
ANGLE_POWER = 4


@dataclass(frozen=True)
class Baked:
    """A texture, and how much of it the views have seen."""

    texture: Floats
    """(T, T, 3) 0..1, every texel filled."""
    seen: float
    """Share of the charts' texels that some view sees."""


@dataclass(frozen=True)
class _Texels:
    index: Ints
    """(P,) in the flattened texture."""
    points: Floats
    """(P, 3) world."""
    normals: Floats
    """(P, 3) unit, smooth."""
    face_normals: Floats
    """(P, 3) unit."""


def bake(mesh: Triangles, coordinates: Floats, views: Sequence[View], size: int) -> Baked:
    """The texture of `size` x `size` texels for `mesh` with texture `coordinates` (F, 3, 2), from `views`.

    A view counts where it sees the texel's point, by the fourth power of the cosine, less next to its silhouette. The
    first view is the input: it alone counts wherever it sees the surface well. Texels that no view sees get the colour
    of the nearest seen point of the surface, those outside the charts that of the nearest texel.
    """
    texels = _texels(mesh, coordinates, size)
    caster = RayCaster(mesh)
    total, weights = np.zeros((len(texels.index), 3), np.float32), np.zeros((len(texels.index), 1), np.float32)
    for number, view in enumerate(views):
        color, weight, cosine = _seen_from(view, texels, caster)
        if number == 0:
            first, share = color, _smoothstep(cosine, *FIRST_WINS)[:, None] * (weight > 0)
        total += weight * color
        weights += weight
    seen = weights[:, 0] > 0
    blend = total / np.maximum(weights, 1e-12)
    colors = blend + share * (first - blend)
    if seen.any() and not seen.all():
        colors[~seen] = colors[seen][cKDTree(texels.points[seen]).query(texels.points[~seen])[1]]
    texture = np.zeros((size * size, 3), np.float32)
    texture[texels.index] = colors
    filled = np.zeros(size * size, bool)
    filled[texels.index] = True
    nearest = nearest_known(filled.reshape(size, size))
    return Baked(texture.reshape(size, size, 3)[nearest], float(seen.mean()))


def extended(view: View) -> Tensor:
    """The view's colours (N, N, 3), continued outwards from a pixel inside the mask's edge, where they mix with the
    white behind.
    """
    inside = binary_erosion(view.mask.numpy())
    if not inside.any():
        return view.color
    return view.color[nearest_known(inside)]


def rasterised(coordinates: Floats, size: int) -> tuple[Ints, Ints, Floats]:
    """The texels of `size` x `size` whose centres lie in a triangle of `coordinates` (F, 3, 2): their numbers (P,) row
    by row, the faces (P,) and the barycentric weights (P, 3) there. By rays straight down onto the flat charts.
    """
    flat = np.concatenate([coordinates.reshape(-1, 2), np.zeros((coordinates.size // 2, 1), np.float32)], 1)
    charts = Triangles(flat.astype(np.float32), np.arange(len(flat)).reshape(-1, 3))
    centres = (np.arange(size, dtype=np.float32) + 0.5) / size
    u, v = (axis.ravel() for axis in np.meshgrid(centres, 1 - centres))
    origins: Floats = np.stack([u, v, np.ones_like(u)], 1).astype(np.float32)
    down = np.broadcast_to(np.array([0, 0, -1], np.float32), origins.shape)
    hit, barycentric = RayCaster(charts).first_hits(origins, down)
    index = np.flatnonzero(hit >= 0)
    return index, hit[index], barycentric[index]


def _texels(mesh: Triangles, coordinates: Floats, size: int) -> _Texels:
    """The surface at the texels that lie in a chart."""
    index, face, barycentric = rasterised(coordinates, size)
    corners = mesh.faces[face]
    points = np.einsum("pk,pkc->pc", barycentric, mesh.vertices[corners])
    normals = np.einsum("pk,pkc->pc", barycentric, mesh.vertex_normals()[corners])
    normals /= np.linalg.norm(normals, axis=1, keepdims=True).clip(1e-9)
    return _Texels(index, points, normals, mesh.face_normals()[face])


def _seen_from(view: View, texels: _Texels, caster: RayCaster) -> tuple[Floats, Floats, Floats]:
    """Colours (P, 3), weights (P, 1) and cosines (P,) of the texels in `view`."""
    towards = view.camera.eye.numpy() - texels.points
    towards /= np.linalg.norm(towards, axis=1, keepdims=True)
    cosine = np.einsum("pc,pc->p", texels.normals, towards)
    visible = (cosine > MIN_COSINE) & (np.einsum("pc,pc->p", texels.face_normals, towards) > 0)
    start = texels.points + OFFSET * (texels.face_normals + towards)
    visible[visible] = ~caster.blocked(start[visible], towards[visible])
    places, _ = view.camera.project(torch.from_numpy(texels.points))
    color = bilinear(extended(view), places).numpy()
    # Not quite 0 outside: where only the rim of a view sees a texel, it is better than none.
    to_edge = torch.minimum(-view.silhouette_distance, _distance_to_jumps(view, caster))
    inside = np.clip(bilinear(to_edge, places).numpy() / SOFT_EDGE, 1e-3, 1)
    weight = visible * inside * np.clip(cosine, 0, 1) ** ANGLE_POWER
    return color, weight[:, None].astype(np.float32), cosine


def _distance_to_jumps(view: View, caster: RayCaster) -> Tensor:
    """Pixels (N, N) from each pixel to the nearest at which the mesh's depth jumps."""
    depth = np.minimum(caster.view(view.camera)[1], 1e3)
    jumps = maximum_filter(depth, 3) - minimum_filter(depth, 3) > JUMP
    if not jumps.any():
        return torch.full(depth.shape, np.inf)
    return torch.from_numpy(distance_transform_edt(~jumps).astype(np.float32))


def _smoothstep(values: NDArray[np.float32], low: float, high: float) -> Floats:
    t = np.clip((values - low) / (high - low), 0, 1)
    smooth: Floats = t * t * (3 - 2 * t)
    return smooth
