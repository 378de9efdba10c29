# SPDX-License-Identifier: GPL-3.0-or-later
"""What the outline alone tells of the texture coordinates: those of the inflated silhouette."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.geometry.inflation import inflate
from engine.geometry.lscm import flatten_near_identity


def inflated_coordinates(mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Conformal texture coordinates (N, N, 2) of the inflated `mask` (N, N) in half crops; the identity outside."""
    return coordinates_everywhere(flatten_near_identity(inflate(mask), mask))


def coordinates_everywhere(coordinates: NDArray[np.float64]) -> NDArray[np.float64]:
    """`coordinates` (N, N, 2) with the identity, x right and y up, where they are NaN."""
    centres = (np.arange(len(coordinates)) + 0.5) / len(coordinates) * 2 - 1
    identity = np.stack(np.meshgrid(centres, -centres), -1)
    return np.where(np.isfinite(coordinates), coordinates, identity)
