# SPDX-License-Identifier: GPL-3.0-or-later
"""Which part of space may still be object: depth-based space carving with votes (POP3D, section 4).

A view votes against a point that it sees to be empty: outside its mask, or in front of its surface. What lies behind
the surface nobody knows yet. The paper leaves open how fine the voxels are and how many votes carve; 128 voxels along
an edge are as fine as the pixels of 256-pixel views.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor

from engine.field.grid import voxel_centres, voxel_size
from engine.field.view import View
from engine.geometry.camera import Camera
from engine.geometry.sampling import nearest
from engine.geometry.triangles import Floats, RayCaster
from engine.mesh.iso_surface import iso_surface

RESOLUTION = 128
TOLERANCE = 0.03
"""World units in front of a surface that still count as it."""
BEYOND = 6.0
"""Depth behind all space in which the object can be."""


def carving_votes(views: Iterable[View], resolution: int = RESOLUTION, tolerance: float = TOLERANCE) -> Tensor:
    """Number (R, R, R) uint8 of `views` that see each voxel's centre to be empty; axes z, y, x."""
    centres = voxel_centres(resolution)
    votes = torch.zeros(centres.shape[:3], dtype=torch.uint8)
    for view in views:
        votes += sees_empty(view, centres, tolerance)
    return votes


def sees_empty(view: View, points: Tensor, tolerance: float = TOLERANCE) -> Tensor:
    """Whether `view`, its depth in world units, sees no object at each of the world points (..., 3).

    The object lies within the picture: a point beyond its border is judged by the pixel at the border.
    """
    places, depth = view.camera.project(points)
    return ~nearest(view.mask, places) | (depth < nearest(view.depth, places) - tolerance)


def hull_depths(votes: Tensor, camera: Camera, threshold: int = 1) -> tuple[Floats, Floats]:
    """Depths (N, N) at which the rays of `camera` enter the part of space against which fewer than `threshold` views
    voted, and leave it for good; infinite where they don't meet it.

    Raises StageError where nothing is left.
    """
    half = voxel_size(len(votes)) / 2
    hull = iso_surface(np.where(votes.numpy() < threshold, -half, half).astype(np.float32))
    caster = RayCaster(hull)
    return caster.view(camera)[1], caster.view(camera, backwards_from=BEYOND)[1]
