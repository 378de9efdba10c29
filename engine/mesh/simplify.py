# SPDX-License-Identifier: GPL-3.0-or-later
"""Fewer triangles, still closed."""

from __future__ import annotations

import fast_simplification
import numpy as np
from trimesh import Trimesh

from engine.geometry.triangles import Ints, Triangles

AGGRESSION = 3
"""Of the decimation, 0 to 10: higher is quicker and folds more faces."""


def is_closed(mesh: Triangles) -> bool:
    """Whether every edge has exactly two faces, which run along it in opposite directions."""
    checked = Trimesh(mesh.vertices, mesh.faces, process=False)
    return bool(checked.is_watertight and checked.is_winding_consistent)


def simplified(mesh: Triangles, faces: int) -> Triangles:
    """`mesh`, closed, with about `faces` faces, closed as well; as it is where it has no more.

    Quadric edge collapse (Garland and Heckbert, "Surface simplification using quadric error metrics", 1997). A
    collapse sometimes folds two faces onto each other: such pairs are dropped. Where the result still isn't closed,
    twice as many faces are tried, in the end all.
    """
    while faces < len(mesh.faces):
        vertices, kept = fast_simplification.simplify(
            mesh.vertices, mesh.faces.astype(np.int32), target_count=faces, agg=AGGRESSION
        )
        fewer = compact(vertices, without_folds(kept))
        if is_closed(fewer):
            return fewer
        faces *= 2
    return mesh


def without_folds(faces: Ints) -> Ints:
    """`faces` (F, 3) without those that have two equal corners, and without pairs that have the same three."""
    corners = np.sort(faces, axis=1)
    whole = (corners[:, 0] != corners[:, 1]) & (corners[:, 1] != corners[:, 2])
    faces, corners = faces[whole], corners[whole]
    _, kind, count = np.unique(corners, axis=0, return_inverse=True, return_counts=True)
    return faces[count[kind.ravel()] == 1]


def compact(vertices: np.ndarray, faces: Ints) -> Triangles:
    used, renumbered = np.unique(faces, return_inverse=True)
    return Triangles(vertices[used].astype(np.float32), renumbered.reshape(-1, 3).astype(np.int64))
