# SPDX-License-Identifier: GPL-3.0-or-later
"""The connected parts of a mask: what lets the artist point at one of several objects."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

COVERED = 0.1  # pixels that are covered less don't connect parts

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]


def part_at(mask: Floats, row: int, column: int) -> Mask:
    """The part of `mask` (H, W), 0..1, that holds a pixel, as (H, W); empty where that pixel is background.

    It grows along whole runs of covered pixels, in turns through the rows and through the columns.
    """
    covered = mask > COVERED
    part = np.zeros_like(covered)
    part[row, column] = covered[row, column]
    rows, columns = _runs(covered), _runs(covered.T)
    size = -1
    while size != (size := int(part.sum())):
        part = _along(_along(part, rows).T, columns).T
    return part


def _runs(covered: Mask) -> NDArray[np.intp]:
    """Numbers (H, W) from 1 on for the runs of covered pixels in the rows; 0 beside them."""
    begins = covered.copy()
    begins[:, 1:] &= ~covered[:, :-1]
    return np.where(covered, begins.cumsum().reshape(covered.shape), 0)


def _along(part: Mask, runs: NDArray[np.intp]) -> Mask:
    """The runs that `part`, all of it covered, has pixels in."""
    touched = np.zeros(runs.max() + 1, bool)
    touched[runs[part]] = True
    return touched[runs]
