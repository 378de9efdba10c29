# SPDX-License-Identifier: GPL-3.0-or-later
"""The surfaces of views are bent until together they have the views' outlines, smoothly.

Where one view sees its outline, others see the same surface from the side, and their depths seldom put it just there.
Were the surface drawn out to the outline at the outline alone, a fin would stand on it; so all that lies around goes
with it, first far around, then closer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from scipy.ndimage import gaussian_filter
from torch import Tensor
from torch.nn import functional as F

from engine.field.fusion import fuse
from engine.field.grid import HALF, resampled, sample, voxel_size
from engine.field.render import along_rays
from engine.field.view import View

SPREADS = (0.16, 0.16, 0.08, 0.08, 0.04, 0.04)
"""World units over which a bend is smooth; one after the other."""
BAND = 1.5
"""Pixels on both sides of an outline whose rays tell by how much the surface misses it."""
FARTHEST = 3.5
"""Voxels: an outline that is missed by more is another one. Less than the distance at which fused volumes are cut."""
FADING = 0.1
"""Density of the outlines, one alone being about 1, at which the bend is half of that at the outline."""
CELLS = 64  # along an edge of the cube, for the bends
MIN_COSINE = 0.3
"""Along the rays of a surface that is turned farther away it moves as if it were turned by this."""


def bent(views: Sequence[View], resolution: int) -> list[View]:
    """The `views`, whose depths are in world units, with depths and normals of a surface that touches the rays through
    all their outlines, as far as that can be told in a volume of `resolution` voxels along an edge.
    """
    volume = fuse(views, resolution)
    bends = torch.zeros(CELLS, CELLS, CELLS)
    for spread in SPREADS:
        bend = _bend(volume, views, spread)
        volume = volume - resampled(bend[None], resolution)[0]
        bends += bend
    return [moved_by(view, bends) for view in views]


def _bend(volume: Tensor, views: Sequence[View], spread: float) -> Tensor:
    """World units (CELLS, CELLS, CELLS) by which the surface of `volume` has to move outwards: the mean of what it
    misses at the outlines around.
    """
    points, missed, length = (
        torch.cat(parts).numpy() for parts in zip(*(_missed(volume, v) for v in views), strict=True)
    )
    cell = voxel_size(CELLS)
    density = 2 * np.pi * spread**2 / cell**3  # of the middle of a straight outline, of length 1 per world unit
    total, weight = (
        density * gaussian_filter(np.histogramdd(points, CELLS, [(-HALF, HALF)] * 3, weights=each)[0], spread / cell)
        for each in (length * missed, length)
    )
    return torch.from_numpy((total / (weight + FADING)).astype(np.float32))


def _missed(volume: Tensor, view: View) -> tuple[Tensor, Tensor, Tensor]:
    """Where the rays (P) at the outline of `view` come nearest to the inside of `volume`: points (P, 3; z, y, x), by
    how much they miss the surface, negative where they enter it, and what length of the outline they stand for. All in
    world units.
    """
    size = voxel_size(len(volume))
    rim = view.silhouette_distance.abs() < BAND
    depths, values = along_rays(volume, view.camera, rim)
    smallest, where = values.min(0)
    depth = depths[where]
    pixel = depth / view.camera.focal_length
    missed = smallest - view.silhouette_distance[rim] * pixel
    near = smallest.abs() < FARTHEST * size
    nearest = (view.camera.eye + depth[:, None] * view.camera.rays()[rim]).flip(-1)
    return nearest[near], missed[near], (pixel / (2 * BAND))[near]


def moved_by(view: View, bend: Tensor) -> View:
    """`view` with its surface moved outwards along its normals by `bend` (C, C, C), world units."""
    mask, rays, normal = view.mask, view.camera.rays()[view.mask], view.normal[view.mask]
    slopes = torch.stack(torch.gradient(bend, spacing=voxel_size(CELLS))[::-1])
    points = view.camera.eye + view.depth[mask][:, None] * rays
    outwards, *slope = sample(torch.cat([bend[None], slopes]), points).split(1, -1)
    depth, normals = view.depth.clone(), view.normal.clone()
    depth[mask] -= (outwards / (rays * normal).sum(-1, keepdim=True).neg().clamp(min=MIN_COSINE))[:, 0]
    along = torch.cat(slope, -1)
    normals[mask] = F.normalize(normal - along + (along * normal).sum(-1, keepdim=True) * normal, dim=-1)
    return replace(view, depth=depth, normal=normals)
