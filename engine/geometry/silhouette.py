# SPDX-License-Identifier: GPL-3.0-or-later
"""Distance to the outline of a mask."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt


def signed_distance(mask: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Pixels (N, N) to the outline of `mask` (N, N): positive outside, negative inside."""
    # The distance transform is to the other side's nearest pixel centre; the outline is halfway.
    outside, inside = distance_transform_edt(~mask), distance_transform_edt(mask)
    distance: NDArray[np.float32] = np.where(mask, 0.5 - inside, outside - 0.5).astype(np.float32)
    return distance
