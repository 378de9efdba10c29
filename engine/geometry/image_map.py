# SPDX-License-Identifier: GPL-3.0-or-later
"""Maps of a square image: texture coordinates, u right and v up, in half crops.

Tensors are (1, 2, N, N), arrays (N, N, 2).
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.geometry.nearest import nearest_known

Floats = NDArray[np.float64]


def identity_map(size: int, like: Tensor) -> Tensor:
    """The undistorted texture coordinates (1, 2, size, size): x right, y up at pixel centres, in half crops."""
    centres = (torch.arange(size, device=like.device, dtype=like.dtype) + 0.5) / size * 2 - 1
    y, x = torch.meshgrid(-centres, centres, indexing="ij")
    return torch.stack([x, y])[None]


def jacobian_determinant(w: Tensor) -> Tensor:
    """Determinant (1, N-1, N-1) of the map (x, y) to W (1, 2, N, N) by forward differences; 1 for the identity."""
    half = w.shape[-1] / 2
    right = (w[:, :, 1:, 1:] - w[:, :, 1:, :-1]) * half
    up = (w[:, :, :-1, :-1] - w[:, :, 1:, :-1]) * half
    return right[:, 0] * up[:, 1] - right[:, 1] * up[:, 0]


def pixel_centres(size: int) -> Floats:
    """The undistorted texture coordinates (size, size, 2): x right, y up at pixel centres, in half crops."""
    centres = (np.arange(size) + 0.5) / size * 2 - 1
    return np.stack(np.meshgrid(centres, -centres), -1)


def continued(coordinates: NDArray[np.floating]) -> Floats:
    """`coordinates` (N, N, 2) with values where they are NaN: displaced as the nearest known ones are."""
    identity = pixel_centres(len(coordinates))
    return identity + (coordinates - identity)[nearest_known(np.isfinite(coordinates[..., 0]))]


def coordinates_everywhere(coordinates: Floats) -> Floats:
    """`coordinates` (N, N, 2) with the identity, x right and y up, where they are NaN."""
    return np.where(np.isfinite(coordinates), coordinates, pixel_centres(len(coordinates)))
