# SPDX-License-Identifier: GPL-3.0-or-later
"""The surface of a signed distance volume as a closed mesh."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from skimage.measure import marching_cubes

from engine.errors import StageError
from engine.field.grid import HALF, voxel_size
from engine.geometry.parts import connected
from engine.geometry.triangles import Triangles

CLEARANCE = 0.02
"""Voxels by which values next to zero are moved off it, where marching cubes would make triangles without area."""


def iso_surface(volume: NDArray[np.float32]) -> Triangles:
    """The zero level of `volume` (R, R, R; axes z, y, x; negative inside) in world units.

    Closed also where the solid reaches the cube's border. Raises StageError where there is no surface.
    """
    resolution = len(volume)
    size = voxel_size(resolution)
    clearance = CLEARANCE * size
    clear = np.where(np.abs(volume) < clearance, np.where(volume <= 0, -clearance, clearance), volume)
    padded = np.pad(clear, 1, constant_values=size)
    if not padded.min() < 0:
        raise StageError("object-gone")
    corners, faces, _, _ = marching_cubes(padded, 0.0)
    # Reversing the axes to x, y, z mirrors, so the faces turn round with them.
    vertices = ((corners - 0.5) * size - HALF)[:, ::-1]
    return Triangles(np.ascontiguousarray(vertices, np.float32), np.ascontiguousarray(faces[:, ::-1], np.int64))


def without_crumbs(mesh: Triangles, share: float = 0.01) -> Triangles:
    """`mesh` without its connected parts that hold less than `share` of the whole volume, and without cavities."""
    part = connected(mesh.faces[:, [0, 1, 1, 2]].reshape(-1, 2), len(mesh.vertices))
    part_of_face = part[mesh.faces[:, 0]]
    volume = np.bincount(part_of_face, _face_volumes(mesh), minlength=part.max() + 1)
    kept = mesh.faces[(volume >= share * np.clip(volume, 0, None).sum())[part_of_face]]
    used, faces = np.unique(kept, return_inverse=True)
    return Triangles(mesh.vertices[used], faces.reshape(-1, 3))


def _face_volumes(mesh: Triangles) -> NDArray[np.float64]:
    a, b, c = mesh.vertices[mesh.faces].astype(np.float64).transpose(1, 0, 2)
    return np.einsum("ij,ij->i", a, np.cross(b, c)) / 6
