# SPDX-License-Identifier: GPL-3.0-or-later
"""Fewer triangles, still closed."""

from __future__ import annotations

import fast_simplification
import numpy as np
from trimesh import Trimesh

from engine.geometry.triangles import Ints, Triangles

AGGRESSION = 3
"""Of the decimation, 0 to 10: higher is quicker and folds more faces."""
TRIES = 12
STEP = 0.93
"""From one try's faces to the next one's, where a collapse has torn the mesh."""


def is_closed(mesh: Triangles) -> bool:
    """Whether every edge has exactly two faces, which run along it in opposite directions."""
    checked = Trimesh(mesh.vertices, mesh.faces, process=False)
    return bool(checked.is_watertight and checked.is_winding_consistent)


def simplified(mesh: Triangles, faces: int) -> Triangles:
    """`mesh`, closed, with at most `faces` faces, closed as well; as it is where it has no more.

    Quadric edge collapse (Garland and Heckbert, "Surface simplification using quadric error metrics", 1997). A
    collapse sometimes folds two faces onto each other: such pairs are dropped. Where the result still isn't closed,
    fewer faces are tried, in steps of STEP; where none of these is, twice as many as wished, in the end all: a closed
    mesh is worth more than its budget.
    """
    if len(mesh.faces) <= faces:
        return mesh
    for attempt in range(TRIES):
        # The fewer of them, the coarser a collapse has to be.
        vertices, kept = fast_simplification.simplify(
            mesh.vertices, mesh.faces.astype(np.int32), target_count=int(faces * STEP**attempt),
            agg=AGGRESSION + attempt // 3,
        )  # fmt: skip
        fewer = compact(vertices, without_folds(kept))
        if is_closed(fewer) and len(fewer.faces) <= faces:
            return fewer
    return simplified(mesh, 2 * faces)


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
