# SPDX-License-Identifier: GPL-3.0-or-later
"""Cuts a closed mesh into a few charts, each of which shows it from one side.

The side that a face belongs to is the one its normal points to, unless the seams get shorter otherwise. Their length is
reduced by threshold dynamics (Merriman, Bence, Osher, "Diffusion generated motion by mean curvature", 1992; with a pull
to each face's own side): the sides are blurred over the surface, then every face takes the one it has most of.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from engine.geometry.parts import connected
from engine.geometry.sparse import factorized
from engine.geometry.triangles import Ints, Triangles

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

SIDES = np.array([[0, -1, 0], [0, 1, 0], [-1, 0, 0], [1, 0, 0], [0, 0, 1], [0, 0, -1]], np.float64)
"""Front, back, left, right, top, bottom."""
REACH = np.array([0.25, 0, 0, 0, 0, 0])
"""Added to a normal's cosine to the side: the front, which the picture shows, goes farther round than the others."""
LEAST_COSINE = 0.1
"""A side takes nothing that is turned farther away from it."""
PULL = 0.5
"""Weight of the normals beside the length of the seams."""
RIPPLES = 0.015
"""Share of the mesh's longest side over which the normals are smoothed."""
BLUR = 0.04
"""Share of the mesh's longest side over which the sides are blurred."""
ROUNDS = 15
LEAST_AREA = 5e-3
"""Share of the area of what hangs together: a smaller chart becomes part of a neighbour."""
RINGS = 2
"""Of faces round a fold that are cut out with it."""
SPECK = 5e-4
"""Share of the mesh's area: less than that isn't left over when a fold is cut out."""


def charts(mesh: Triangles) -> Ints:
    """The chart (F,) of each face of the closed `mesh`, numbered from 0; each hangs together by edges."""
    faces, lengths = adjacent(mesh)
    area = mesh.areas()
    laplacian = _laplacian(mesh, faces, lengths)
    longest = np.ptp(mesh.vertices, axis=0).max()
    ripples, sides = (
        factorized(sp.diags_array(area) + (width * longest) ** 2 / 2 * laplacian) for width in (RIPPLES, BLUR)
    )
    normals = ripples.solve(area[:, None] * mesh.face_normals())
    cosines = normals @ SIDES.T / np.linalg.norm(normals, axis=1, keepdims=True)
    pull = np.where(cosines > LEAST_COSINE, PULL * (cosines + REACH), -np.inf)
    side = pull.argmax(1)
    for _ in range(ROUNDS):
        side = (sides.solve(area[:, None] * np.eye(len(SIDES))[side]) + pull).argmax(1)
    whole = connected(faces, len(area))
    return _without_small(_alike(faces, side), faces, lengths, area / np.bincount(whole, area)[whole])


def adjacent(mesh: Triangles) -> tuple[Ints, Floats]:
    """The two faces (E, 2) on the sides of each edge of the closed `mesh`, and the edges' lengths (E,)."""
    corners = edge_corners(mesh)
    a, b = mesh.vertices[mesh.faces.ravel()[corners[:, 0]].T].astype(np.float64)
    return corners[..., 0] // 3, np.linalg.norm(b - a, axis=1)


def edge_corners(mesh: Triangles) -> Ints:
    """The corners (E, 2, 2) at the ends of each edge of the closed `mesh`, numbered through all faces: first of the one
    face, then of the other, the ends in the same order.
    """
    start = np.arange(3 * len(mesh.faces))
    end = start - start % 3 + (start + 1) % 3
    vertices = mesh.faces.ravel()
    forwards = vertices[start] < vertices[end]
    ends = np.stack([np.where(forwards, start, end), np.where(forwards, end, start)], 1)
    return ends[np.lexsort(vertices[ends].T)].reshape(-1, 2, 2)


def cut_out(chart: Ints, folded: Mask, mesh: Triangles) -> Ints:
    """The charts (F,) when the `folded` faces (F,) and those round them get their own. One that would go as a whole is
    cut in half across its longest way. `chart` (F,) of the closed `mesh`.
    """
    faces, _ = adjacent(mesh)
    within = faces[chart[faces[:, 0]] == chart[faces[:, 1]]]
    apart = folded.copy()
    for _ in range(RINGS):
        apart[within[apart[within].any(1)]] = True
    part = _alike(faces, 2 * chart + apart)
    area = mesh.areas()
    apart |= (np.bincount(part, area) < SPECK * area.sum())[part]
    middles = mesh.vertices[mesh.faces].mean(1).astype(np.float64)
    for torn in np.unique(chart[folded]):
        its = np.flatnonzero(chart == torn)
        if apart[its].all():
            places = middles[its] - middles[its].mean(0)
            along = places @ np.linalg.eigh(places.T @ places)[1][:, -1]
            apart[its] = along > np.median(along)
    return _alike(faces, 2 * chart + apart)


def _alike(faces: Ints, label: Ints) -> Ints:
    """Number (F,) of the part of one `label` (F,) that each face belongs to; `faces` (E, 2) are neighbours."""
    return connected(faces[label[faces[:, 0]] == label[faces[:, 1]]], len(label))


def _laplacian(mesh: Triangles, faces: Ints, lengths: Floats) -> sp.csc_array:
    """The stiffness (F, F) of functions on faces: for two neighbours their edge's length by the way across it."""
    middles = mesh.vertices[mesh.faces].mean(1).astype(np.float64)
    across = np.linalg.norm(middles[faces[:, 0]] - middles[faces[:, 1]], axis=1)
    weight = lengths / np.maximum(across, 0.1 * lengths)
    graph = sp.coo_array((weight, tuple(faces.T)), (len(middles),) * 2)
    graph = graph + graph.T
    return sp.csc_array(sp.diags_array(graph.sum(1)) - graph)


def _without_small(chart: Ints, faces: Ints, lengths: Floats, share: Floats) -> Ints:
    """`chart` (F,) when the small ones, the smallest first, join the neighbour they have the longest border with;
    `share` (F,) of each face in the area.
    """
    while True:
        shares = np.bincount(chart, share)
        least = shares.argmin()
        if shares[least] >= LEAST_AREA:
            return chart
        sides = chart[faces]
        border = (sides == least).sum(1) == 1
        common = np.bincount(sides[border].ravel(), np.repeat(lengths[border], 2))
        common[least] = 0
        chart = np.unique(np.where(chart == least, common.argmax(), chart), return_inverse=True)[1]
