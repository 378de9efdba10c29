# SPDX-License-Identifier: GPL-3.0-or-later
"""The field: a grid of signed distances and a grid of colours, without a network and without view direction."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engine.field.grid import HALF, resampled, sample, voxel_size


class Field(nn.Module):
    """Signed distances and colours on voxels; both are parameters."""

    def __init__(self, distance: Tensor, color: Tensor) -> None:
        """`distance` (R, R, R) in world units, negative inside; `color` (3, R, R, R), 0..1."""
        super().__init__()
        self.distance = nn.Parameter(distance.clone())
        self.color = nn.Parameter(color.clone())

    @property
    def resolution(self) -> int:
        """R."""
        return len(self.distance)

    def with_gradient(self) -> Tensor:
        """(4, R, R, R): the distance and its gradient d/dx, d/dy, d/dz, by central differences."""
        return torch.cat([self.distance[None], gradient(self.distance)])

    def resampled(self, resolution: int) -> Field:
        """The field on a finer or coarser grid."""
        distance = resampled(self.distance.detach()[None], resolution)[0]
        return Field(distance, resampled(self.color.detach(), resolution))


def gradient(volume: Tensor) -> Tensor:
    """d/dx, d/dy, d/dz (3, R, R, R) of `volume` (R, R, R; axes z, y, x) by central differences.

    At the cube's border its values are continued, which halves the slope there.
    """
    v = F.pad(volume[None, None], (1,) * 6, mode="replicate")[0, 0]
    x = v[1:-1, 1:-1, 2:] - v[1:-1, 1:-1, :-2]
    y = v[1:-1, 2:, 1:-1] - v[1:-1, :-2, 1:-1]
    z = v[2:, 1:-1, 1:-1] - v[:-2, 1:-1, 1:-1]
    return torch.stack([x, y, z]) / (2 * voxel_size(len(volume)))


class Occupancy:
    """Which cells of a coarse grid come near the surface: rays skip the others."""

    CELLS = 64

    def __init__(self, distance: Tensor, band: float) -> None:
        """Cells in which `distance` (R, R, R) comes below `band`, world units, and their neighbours.

        R is a multiple of CELLS, or smaller.
        """
        near = -distance.detach().abs()[None, None]
        if len(distance) > self.CELLS:
            near = F.max_pool3d(near, len(distance) // self.CELLS)
        self.near = F.max_pool3d(near, 3, 1, 1)[0, 0] > -band

    def at(self, points: Tensor) -> Tensor:
        """Whether the cells of `points` (..., 3) come near the surface (...); not beyond the cube."""
        cells = len(self.near)
        index = ((points + HALF) * (cells / (2 * HALF))).floor().long()
        inside = ((index >= 0) & (index < cells)).all(-1)
        x, y, z = index.clamp(0, cells - 1).unbind(-1)
        return inside & self.near[z, y, x]


def interpolated(field: Field, gradients: Tensor, points: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Distances (P,), gradients (P, 3) and colours (P, 3) at world points (P, 3).

    `gradients` is `field.with_gradient()`, made once for all the points of a step.
    """
    values = sample(gradients, points)
    return values[:, 0], values[:, 1:], sample(field.color, points)
