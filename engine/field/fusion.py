# SPDX-License-Identifier: GPL-3.0-or-later
"""Views with aligned depths, fused into a signed distance volume: the start of the field.

Truncated signed distances averaged over the views (Curless and Levoy, "A volumetric method for building complex
models from range images", 1996), cut by the cones through the silhouettes. What no view has seen counts as inside.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from scipy.ndimage import distance_transform_edt, gaussian_filter
from torch import Tensor

from engine.field.grid import voxel_centres, voxel_size
from engine.field.hull import beyond_outline
from engine.field.view import View
from engine.geometry.sampling import bilinear, nearest

TRUNCATION = 4  # voxels
MIN_COSINE = 0.15
SMOOTH = 0.7
"""Voxels over which the mean is smoothed: it jumps where a view has its border, or begins to see empty space."""
KEPT = 1.2  # voxels from the surface within which redistancing trusts the fused values
COLORED = 4  # voxels from the surface that get a colour
NEAR = 5  # voxels by which a view's surface may differ from where it gives its colour
GREY = 0.5


def fuse(views: Sequence[View], resolution: int) -> Tensor:
    """Signed distances (R, R, R; axes z, y, x), world units, negative inside, cut at TRUNCATION voxels.

    `views` have depths in world units. A view's distance is that to the plane through its surface point (along the ray
    times the cosine), its weight the squared cosine; far before its surface it votes for empty space, behind it for
    nothing. The mean is smoothed, the cones aren't.
    """
    limit = TRUNCATION * voxel_size(resolution)
    centres = voxel_centres(resolution).reshape(-1, 3)
    total, weights = torch.zeros(len(centres)), torch.zeros(len(centres))
    cones = torch.full((len(centres),), -limit)
    for view in views:
        places, depth = view.camera.project(centres)
        cones = torch.maximum(cones, beyond_outline(view, places, depth).clamp(-limit, limit))
        cosine = nearest(view.cosine, places).clamp(min=MIN_COSINE)
        length = nearest(view.camera.rays().norm(dim=-1), places)
        distance = (nearest(view.depth, places) - depth) * length * cosine
        weight = cosine**2 * (nearest(view.mask, places) & (distance > -limit))
        total += weight * distance.clamp(max=limit)
        weights += weight
    averaged = torch.where(weights > 1e-6, total / weights.clamp(min=1e-6), -limit)
    smooth = gaussian_filter(averaged.reshape((resolution,) * 3).numpy(), SMOOTH)
    return torch.maximum(torch.from_numpy(smooth), cones.reshape(smooth.shape))


def redistanced(volume: Tensor) -> Tensor:
    """A signed distance volume (R, R, R) with the surface of `volume`, and true distances also far from it.

    Next to the surface the values of `volume` stay; elsewhere the Euclidean distance transform gives them.
    """
    size = voxel_size(len(volume))
    values = volume.detach().cpu().numpy()
    # Between the centre of the nearest voxel on the other side and this one the surface is taken to be halfway.
    outside, inside = (distance_transform_edt(side) for side in (values > 0, values <= 0))
    distance = np.where(values > 0, outside - 0.5, 0.5 - inside) * size
    kept = np.clip(values, -KEPT * size, KEPT * size)
    result = np.where(np.abs(distance) < KEPT * size, kept, distance)
    return torch.from_numpy(result.astype(np.float32)).to(volume.device)


def projected_colors(views: Sequence[View], volume: Tensor) -> Tensor:
    """Colours (3, R, R, R), 0..1, of the voxels near the surface of the signed distance `volume`; else grey.

    The mean of the views whose surface is there, weighted by the squared cosine.
    """
    resolution = len(volume)
    size = voxel_size(resolution)
    band = volume.flatten().abs() < COLORED * size
    centres = voxel_centres(resolution).reshape(-1, 3)[band]
    weights = torch.full((len(centres), 1), 1e-6)
    total = weights * GREY
    for view in views:
        places, depth = view.camera.project(centres)
        there = nearest(view.mask, places) & ((depth - nearest(view.depth, places)).abs() < NEAR * size)
        weight = (there * nearest(view.cosine, places).clamp(min=0) ** 2)[:, None]
        total = total + weight * bilinear(view.color, places)
        weights = weights + weight
    colors = torch.full((3, resolution**3), GREY)
    colors[:, band] = (total / weights).T
    return colors.reshape(3, resolution, resolution, resolution)
