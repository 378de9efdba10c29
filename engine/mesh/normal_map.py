# SPDX-License-Identifier: GPL-3.0-or-later
"""The fine form that a mesh of few triangles has lost, as a texture of normals in tangent space.

Row 0 on top, v = 1. Red points along u, green along v (what OpenGL, glTF and Blender expect), blue out of the surface.
The tangents are MikkTSpace's in all but the order of sums (Mikkelsen, "Simulation of wrinkled surfaces revisited",
2008), which those who show the texture compute as well.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.geometry.nearest import nearest_known
from engine.geometry.triangles import Floats, RayCaster, Triangles
from engine.mesh.bake import rasterised

REACH = 0.02
"""Of the mesh's longest side: how far the two surfaces lie apart at most."""


def baked_normals(coarse: Triangles, coordinates: Floats, fine: Triangles, size: int) -> Floats:
    """The normal map (size, size, 3), 0..1, that gives `coarse` with texture `coordinates` (F, 3, 2) the normals of
    `fine`, which lies where it does. Where a ray along the coarse normal finds nothing of it, the coarse one stays.
    """
    index, face, weights = rasterised(coordinates, size)
    corners = coarse.faces[face]
    points, normals = (
        np.einsum("pk,pkc->pc", weights, of[corners]) for of in (coarse.vertices, coarse.vertex_normals())
    )
    tangents = np.einsum("pk,pkc->pc", weights, _tangents(coarse, coordinates).reshape(-1, 3, 3)[face])
    bitangents = np.cross(normals, tangents)
    wanted = _normals_of(fine, points, normals)
    # Those who show it don't orthogonalise what they interpolate, so the system is solved as it is.
    frame = np.stack([tangents, bitangents, normals], 2)
    local = np.einsum("prc,pr->pc", np.linalg.pinv(frame).transpose(0, 2, 1), wanted)
    local /= np.linalg.norm(local, axis=1, keepdims=True).clip(1e-9)
    texture = np.zeros((size * size, 3), np.float32)
    texture[index] = local / 2 + 0.5
    filled = np.zeros(size * size, bool)
    filled[index] = True
    return texture.reshape(size, size, 3)[nearest_known(filled.reshape(size, size))]


def _tangents(mesh: Triangles, coordinates: Floats) -> Floats:
    """Unit tangents (3 F, 3) along u at the corners of `mesh`: across its normal, the mean by angle over the faces that
    share the corner's vertex and texture coordinates.
    """
    points, uv = mesh.vertices[mesh.faces].astype(np.float64), coordinates.astype(np.float64)
    (e1, e2), ((u1, v1), (u2, v2)) = (
        (points[:, 1] - points[:, 0], points[:, 2] - points[:, 0]),
        ((uv[:, 1] - uv[:, 0]).T, (uv[:, 2] - uv[:, 0]).T),
    )
    along = (v2[:, None] * e1 - v1[:, None] * e2) * np.sign(u1 * v2 - u2 * v1)[:, None]
    normals = mesh.vertex_normals()[mesh.faces.ravel()]
    at_corners = _unit(_across(np.repeat(along, 3, axis=0), normals)) * _angles(points).reshape(-1, 1)
    shared = np.unique(np.column_stack([mesh.faces.ravel(), uv.reshape(-1, 2)]), axis=0, return_inverse=True)[1].ravel()
    total = np.zeros((shared.max() + 1, 3))
    np.add.at(total, shared, at_corners)
    return _unit(_across(total[shared], normals)).astype(np.float32)


def _angles(points: NDArray[np.floating]) -> NDArray[np.floating]:
    """The angles (F, 3) at the corners of triangles (F, 3, 3)."""
    ahead, back = (_unit(np.roll(points, shift, axis=1) - points) for shift in (-1, 1))
    return np.asarray(np.arccos(np.clip((ahead * back).sum(-1), -1, 1)))


def _normals_of(fine: Triangles, points: Floats, normals: Floats) -> Floats:
    """The smooth normals (P, 3) of `fine` where the lines through `points` (P, 3) along their `normals` meet it."""
    reach = np.float32(REACH * np.ptp(fine.vertices, axis=0).max())
    directions = _unit(normals).astype(np.float32)
    caster, smooth = RayCaster(fine), fine.vertex_normals()
    found, nearest = directions.copy(), np.full(len(points), reach)
    for way in (-1, 1):
        hit, weights = caster.first_hits(
            (points - way * 1e-6 * reach * directions).astype(np.float32), way * directions
        )
        corners = fine.faces[hit]
        met = np.einsum("pk,pkc->pc", weights, fine.vertices[corners])
        there = np.einsum("pk,pkc->pc", weights, smooth[corners])
        away = np.linalg.norm(met - points, axis=1)
        better = (hit >= 0) & (away < nearest) & ((there * directions).sum(1) > 0)
        found[better], nearest[better] = there[better], away[better]
    return _unit(found)


def _across(vectors: Floats, normals: Floats) -> Floats:
    return np.asarray(vectors - (vectors * normals).sum(-1, keepdims=True) * normals)


def _unit(vectors: Floats) -> Floats:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True).clip(1e-12))
