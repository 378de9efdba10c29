# SPDX-License-Identifier: GPL-3.0-or-later
"""Areas of triangles in the plane."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def signed_areas(corners: NDArray[np.floating]) -> NDArray[np.floating]:
    """(F,) of flat triangles (F, 3, 2), negative where they are clockwise."""
    a, b, c = corners.transpose(1, 2, 0)
    (px, py), (qx, qy) = b - a, c - a
    return np.asarray(px * qy - py * qx) / 2
