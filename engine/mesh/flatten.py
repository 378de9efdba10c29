# SPDX-License-Identifier: GPL-3.0-or-later
"""Lays charts out flat."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from engine.geometry.sparse import factorized
from engine.geometry.triangles import Ints, Triangles, signed_areas

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]

ROUNDS = 10
CONFORMAL = 0.7
"""From 0, where shapes are kept, to 1, where angles alone are."""
LYING = 0.85
"""Z of the direction that a chart faces, from which it has no up of its own."""


def flattened(mesh: Triangles, chart: Ints) -> Floats:
    """Coordinates (F, 3, 2) of the corners of `mesh`'s faces, each `chart` (F,) by itself, upright, in its true area.

    At first as one sees the chart from outside; then, again and again, each triangle tells how it is best turned and
    scaled, and the chart follows as well as it hangs together (Liu, Zhang, Xu, Gotsman, Gortler, "A local/global
    approach to mesh parameterization", 2008; between its ways to keep shapes, ARAP, and to keep angles, ASAP).
    Parts may fold.
    """
    own, faces = np.unique(chart[:, None] * len(mesh.vertices) + mesh.faces, return_inverse=True)
    faces = faces.reshape(-1, 3)
    part, vertex = np.divmod(own, len(mesh.vertices))
    right, up = _axes(mesh, chart)
    points = mesh.vertices[vertex].astype(np.float64)
    flat = np.einsum("vc,vc->v", points, right[part]) + 1j * np.einsum("vc,vc->v", points, up[part])

    edges, cotangents = _in_own_plane(points[faces])
    a, b = faces, np.roll(faces, -1, 1)
    graph = sp.coo_array((cotangents.ravel(), (a.ravel(), b.ravel())), (len(points),) * 2)
    graph = graph + graph.T
    solver = factorized(sp.diags_array(graph.sum(1)) - graph)
    lengths = (cotangents * np.abs(edges) ** 2).sum(1)
    for _ in range(ROUNDS):
        turn = (cotangents * edges.conj() * (flat[b] - flat[a])).sum(1) / lengths
        turn *= np.maximum(np.abs(turn), 1e-9) ** (CONFORMAL - 1)
        wanted = cotangents * edges * turn[:, None]
        flat = solver.solve(_sum(b, wanted, len(points)) - _sum(a, wanted, len(points))) @ [1, 1j]
    corners = np.stack([flat.real, flat.imag], -1)[faces]
    area = np.bincount(chart, signed_areas(corners))
    return np.asarray(corners * np.sqrt(np.bincount(chart, mesh.areas()) / np.abs(area))[chart, None, None])


def facing(mesh: Triangles, chart: Ints) -> Floats:
    """Unit vectors (C, 3) from each chart towards one who sees most of it: the mean normal by area."""
    by_area = mesh.face_normals() * mesh.areas()[:, None]
    normals = np.stack([np.bincount(chart, axis) for axis in by_area.T], 1)
    return np.asarray(normals / np.linalg.norm(normals, axis=1, keepdims=True))


def _axes(mesh: Triangles, chart: Ints) -> tuple[Floats, Floats]:
    """Unit vectors (C, 3) to the right and up in each chart: Z is up; what lies is tipped to be seen."""
    normals = facing(mesh, chart)
    slope = normals[:, 2:]
    up = np.where(np.abs(slope) > LYING, [0, 1, 0] * np.sign(slope), [0, 0, 1])
    right = np.cross(up, normals)
    right /= np.linalg.norm(right, axis=1, keepdims=True)
    return right, np.cross(normals, right)


def _in_own_plane(corners: Floats) -> tuple[Complexes, Floats]:
    """Of triangles (F, 3, 3), each in its own plane: the edges (F, 3) from corner k to k + 1 as complex numbers, and
    the cotangents (F, 3) of the angles opposite to them.
    """
    edges = np.roll(corners, -1, 1) - corners
    normals = np.cross(edges[:, 0], edges[:, 1])
    doubled = np.linalg.norm(normals, axis=1, keepdims=True).clip(1e-30)
    x = edges[:, 0] / np.linalg.norm(edges[:, 0], axis=1, keepdims=True).clip(1e-30)
    y = np.cross(normals / doubled, x)
    flat = np.einsum("fkc,fc->fk", edges, x) + 1j * np.einsum("fkc,fc->fk", edges, y)
    return flat, -np.einsum("fkc,fkc->fk", np.roll(edges, -1, 1), np.roll(edges, -2, 1)) / doubled


def _sum(places: Ints, values: Complexes, count: int) -> Floats:
    """Sums (count, 2) of the real and imaginary parts of the `values` that belong to each of the `places`."""
    return np.stack([np.bincount(places.ravel(), part.ravel(), count) for part in (values.real, values.imag)], 1)
