# SPDX-License-Identifier: GPL-3.0-or-later
"""Distance to the outline of a mask."""

from __future__ import annotations

import numpy as np

from engine.geometry.silhouette import signed_distance


def test_the_outline_is_halfway_between_the_pixels() -> None:
    mask = np.zeros((9, 9), bool)
    mask[3:6, 3:6] = True
    assert signed_distance(mask)[4].tolist() == [2.5, 1.5, 0.5, -0.5, -1.5, -0.5, 0.5, 1.5, 2.5]
