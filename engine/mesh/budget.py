# SPDX-License-Identifier: GPL-3.0-or-later
"""Fewer triangles for the mesh of a visible surface, its outline kept."""

from __future__ import annotations

import fast_simplification
import numpy as np
from scipy.spatial import cKDTree

from engine.errors import StageError
from engine.geometry.triangles import Floats, Ints, RayCaster, Triangles
from engine.mesh.mesh import Mesh
from engine.mesh.simplify import AGGRESSION, STEP, TRIES, compact, without_folds

SKIRT = 0.05
"""Depth of the skirt, by the mesh's longest side: a deeper one's triangles would be slivers, which nothing joins."""
FEWEST = 4
"""Triangles that the decimation is asked for."""


def within_budget(mesh: Mesh, faces: int) -> Mesh:
    """`mesh`, whose `uv_picture` are places in the crop, with at most `faces` triangles; as it is where it has no more.

    Quadric edge collapse (Garland and Heckbert, "Surface simplification using quadric error metrics", 1997). A skirt
    that hangs down behind the rim makes leaving the outline cost (their section 6). What was a place in the picture
    stays one, so that the picture lies on the surface as before; the virtual texture is read at that place.

    Raises StageError where so few triangles can't make it up.
    """
    if len(mesh.triangles) <= faces:
        return mesh
    places = _per_vertex(mesh, mesh.uv_picture)
    scale = _picture_scale(mesh.vertices, places)
    fewer = _simplified(mesh.surface, faces)
    found = fewer.vertices[:, [0, 2]] * scale
    found += (places - mesh.vertices[:, [0, 2]] * scale).mean(0)
    virtual = _read_at(mesh, places, _per_vertex(mesh, mesh.uv_virtual_texture), found)
    return Mesh(fewer.vertices, fewer.faces.astype(np.int32), virtual[fewer.faces], found[fewer.faces])


def is_manifold(faces: Ints) -> bool:
    """Whether no edge of `faces` (F, 3) has two faces that run along it in the same direction."""
    edges = np.stack([faces.ravel(), np.roll(faces, -1, axis=1).ravel()], 1)
    return len(np.unique(edges, axis=0)) == len(edges)


def _simplified(surface: Triangles, faces: int) -> Triangles:
    """The open `surface`, facing -Y, with at most `faces` triangles."""
    skirted = _with_skirt(surface)
    wanted = skirted.faces.astype(np.int32)
    target, aggression = float(faces), AGGRESSION
    for _ in range(TRIES):
        points, _, collapses = fast_simplification.simplify(
            skirted.vertices, wanted, target_count=max(int(target), FEWEST), agg=aggression, return_collapses=True
        )
        points, kept, became = fast_simplification.replay_simplification(skirted.vertices, wanted, collapses)
        # A vertex of the hem, being on the border, merges only with its like: each of the skirt's faces keeps one.
        hem = np.zeros(len(points), bool)
        below = became[len(surface.vertices) :]
        hem[below[below >= 0]] = True
        front = without_folds(kept[~hem[kept].any(1)])
        if len(kept) > max(target, FEWEST):
            aggression += 1
        if len(front) > faces:
            target *= faces / len(front)
        elif is_manifold(front) and len(front):
            return compact(points, front)
        else:
            target *= STEP
    raise StageError("triangles-too-few", faces=faces)


def _with_skirt(surface: Triangles) -> Triangles:
    """`surface` with strips of triangles from its rim straight back; the vertices of their hem are the last ones."""
    start, end = surface.faces.ravel(), np.roll(surface.faces, -1, axis=1).ravel()
    count = len(surface.vertices)
    rim = ~np.isin(start * count + end, end * count + start)
    start, end = start[rim], end[rim]
    top, ends = np.unique(np.concatenate([start, end]), return_inverse=True)
    below_start, below_end = count + ends.reshape(2, -1)
    below = surface.vertices[top] + np.array([0, SKIRT * np.ptp(surface.vertices, axis=0).max(), 0], np.float32)
    strip = np.concatenate([np.stack([end, start, below_start], 1), np.stack([end, below_start, below_end], 1)])
    return Triangles(np.concatenate([surface.vertices, below]), np.concatenate([surface.faces, strip]))


def _per_vertex(mesh: Mesh, uv: Floats) -> Floats:
    """Texture coordinates (V, 2) of `mesh`, all corners of a vertex having the same `uv` (F, C, 2)."""
    values = np.zeros((len(mesh.vertices), 2), np.float32)
    values[mesh.faces.ravel()] = uv.reshape(-1, 2)
    return values


def _picture_scale(vertices: Floats, places: Floats) -> float:
    """Widths of the crop per metre."""
    wide = 0 if np.ptp(places[:, 0]) > np.ptp(places[:, 1]) else 1
    return float(np.ptp(places[:, wide]) / np.ptp(vertices[:, 2 * wide]))


def _read_at(mesh: Mesh, places: Floats, values: Floats, wanted: Floats) -> Floats:
    """`values` (V, 2) of the mesh's vertices, which lie at `places` (V, 2) in the picture, at the `wanted` (P, 2):
    interpolated within the triangle there; beyond the outline as displaced as the nearest vertex.
    """
    flat = Triangles(np.pad(places, ((0, 0), (0, 1))), mesh.surface.faces)
    origins = np.pad(wanted, ((0, 0), (0, 1)), constant_values=1).astype(np.float32)
    down = np.broadcast_to(np.array([0, 0, -1], np.float32), origins.shape)
    face, weights = RayCaster(flat).first_hits(origins, down)
    nearest = cKDTree(places).query(wanted)[1]
    found = wanted + (values - places)[nearest]
    met = face >= 0
    found[met] = np.einsum("pk,pkc->pc", weights[met], values[flat.faces[face[met]]])
    return found.astype(np.float32)
