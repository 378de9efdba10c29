# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known of the surface of an object in a picture."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.geometry.nearest import nearest_known

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class SurfaceEstimate:
    """The surface of an object seen in a square crop, images (N, N, ...) with row 0 on top."""

    mask: Mask
    """(N, N) where the object is."""
    depth: Floats
    """(N, N) towards the camera in half crops, up to a constant; NaN outside."""
    normal: Floats
    """(N, N, 3) unit: x right, y up, z towards the camera; NaN outside."""
    uncertainty: Floats
    """(N, N) angle in radians by which the normal is expected to be wrong; NaN outside."""
    anchor: float = field(default=1.0, kw_only=True)
    """How strongly a relief is drawn to the depth, at the normals' mean weight, per squared half crop: over distances
    longer than 1 / sqrt(anchor) half crops the depth has more say than the normals."""

    def at(self, mask: Mask) -> SurfaceEstimate:
        """The same surface on another `mask` (n, n) of the same crop; where that reaches farther, the nearest value."""
        nearest = nearest_known(self.mask)

        def moved(image: Floats) -> Floats:
            there = resized(image[nearest], len(mask))
            there[~mask] = np.nan
            return there

        depth, normal, uncertainty = (moved(image) for image in (self.depth, self.normal, self.uncertainty))
        normal = normal / np.linalg.norm(normal, axis=-1, keepdims=True)
        return replace(self, mask=mask, depth=depth, normal=normal, uncertainty=uncertainty)


def resized(image: Floats, n: int) -> Floats:
    """`image` (N, N, ...) at n x n pixels: means where it shrinks, linear interpolation where it grows."""
    interpolation = cv2.INTER_AREA if n < len(image) else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, (n, n), interpolation=interpolation), np.float32)
