# SPDX-License-Identifier: GPL-3.0-or-later
"""Grids of voxels over the cube in which the object lies.

A volume is a tensor (..., R, R, R) with the axes z, y, x; its values stand at the voxels' centres.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

HALF = 1.05
"""Half the edge of the cube round the origin: a margin of 5 % round the unit sphere."""
RADIUS = 3.0
"""How far the cameras are from the origin, world units."""


def voxel_size(resolution: int) -> float:
    """Edge of a voxel in world units."""
    return 2 * HALF / resolution


def voxel_centres(resolution: int, device: torch.device | None = None) -> Tensor:
    """World points (R, R, R, 3)."""
    axis = (torch.arange(resolution, device=device) + 0.5) * voxel_size(resolution) - HALF
    z, y, x = torch.meshgrid(axis, axis, axis, indexing="ij")
    return torch.stack([x, y, z], -1)


def sample(volume: Tensor, points: Tensor) -> Tensor:
    """Values (P, C) of `volume` (C, R, R, R) at world points (P, 3), trilinear; beyond the cube its border's."""
    grid = (points / HALF)[None, None, None]
    return F.grid_sample(volume[None], grid, padding_mode="border", align_corners=False)[0, :, 0, 0].T


def resampled(volume: Tensor, resolution: int) -> Tensor:
    """`volume` (C, R, R, R) on another grid of the same cube, trilinear."""
    size = (resolution, resolution, resolution)
    return F.interpolate(volume[None], size=size, mode="trilinear", align_corners=False)[0]
