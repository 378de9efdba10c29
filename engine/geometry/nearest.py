# SPDX-License-Identifier: GPL-3.0-or-later
"""The nearest pixel of which something is known: what fills an image where nothing is."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

Ints = NDArray[np.int32]


def nearest_known(known: NDArray[np.bool_]) -> tuple[Ints, Ints]:
    """Row and column (H, W) each, of the true pixel of `known` (H, W) that is nearest to each pixel: itself where it is
    true. An image at these places, `image[nearest_known(known)]`, has a known value everywhere.
    """
    row, column = distance_transform_edt(~known, return_distances=False, return_indices=True)
    return row, column
