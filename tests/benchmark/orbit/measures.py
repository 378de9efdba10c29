# SPDX-License-Identifier: GPL-3.0-or-later
"""How far a surface is from the true one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.spatial import cKDTree
from trimesh import Trimesh
from trimesh.sample import sample_surface

from engine.field.view import View
from engine.geometry.triangles import Floats, RayCaster, Triangles

SAMPLES = 30_000
NEAR = 0.05  # half-diagonals
MIN_COSINE = 0.05
OFFSET = 2e-3


class Distance(NamedTuple):
    """Between two surfaces, in half-diagonals of the true one."""

    chamfer: float
    """Mean of the two mean distances from points of one to the other."""
    f_score: float
    """Harmonic mean of the shares of points within NEAR."""


def distances(found: Triangles, truth: Triangles, views: Sequence[View], unit: float) -> tuple[Distance, Distance]:
    """Over the part of the surfaces that at least one of `views` sees, and over the whole; `unit`: world units of a
    half-diagonal.
    """
    ours, our_seen = _sampled(found, views, seed=2)
    theirs, their_seen = _sampled(truth, views, seed=1)
    accuracy = cKDTree(theirs).query(ours)[0] / unit
    completeness = cKDTree(ours).query(theirs)[0] / unit
    return _distance(accuracy[our_seen], completeness[their_seen]), _distance(accuracy, completeness)


def _distance(accuracy: np.ndarray, completeness: np.ndarray) -> Distance:
    precision, recall = (accuracy < NEAR).mean(), (completeness < NEAR).mean()
    f_score = 2 * precision * recall / max(precision + recall, 1e-9)
    return Distance(float(accuracy.mean() + completeness.mean()) / 2, float(f_score))


def _sampled(mesh: Triangles, views: Sequence[View], seed: int) -> tuple[Floats, np.ndarray]:
    """Points (P, 3) spread over `mesh`, and whether one of `views` sees them (P,)."""
    points, face = sample_surface(Trimesh(mesh.vertices, mesh.faces, process=False), SAMPLES, seed=seed)
    points, normals, caster = points.astype(np.float32), mesh.face_normals()[face], RayCaster(mesh)
    seen = np.zeros(len(points), bool)
    for view in views:
        towards = view.camera.eye.numpy() - points
        towards /= np.linalg.norm(towards, axis=1, keepdims=True)
        free = ~caster.blocked(points + OFFSET * (normals + towards), towards)
        seen |= free & ((normals * towards).sum(1) > MIN_COSINE)
    return points, seen
