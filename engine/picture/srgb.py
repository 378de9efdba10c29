# SPDX-License-Identifier: GPL-3.0-or-later
"""Between sRGB values and light (IEC 61966-2-1)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]


def to_linear(srgb: Floats) -> Floats:
    """Light 0..1 of the values `srgb` 0..1, of any shape."""
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def to_srgb(linear: Floats) -> Floats:
    """The values 0..1 of `linear` light 0..1, of any shape."""
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
