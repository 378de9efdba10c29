# SPDX-License-Identifier: GPL-3.0-or-later
"""Connected parts."""

from __future__ import annotations

import numpy as np

from engine.geometry.parts import connected, keep_parts, labelled_parts


def test_corners_connect_only_where_they_are_asked_to() -> None:
    mask = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 0], [1, 1, 1]], bool)
    assert labelled_parts(mask).max() == 2
    four = labelled_parts(mask, connectivity=4)
    assert four.max() == 3
    assert ((four > 0) == mask).all()


def test_what_hangs_together_by_pairs_has_one_number() -> None:
    part = connected(np.array([[0, 3], [3, 4], [1, 2]]), 6)
    assert part.tolist() == [0, 1, 1, 0, 0, 2]


def test_keep_parts() -> None:
    mask = np.zeros((20, 20), np.float32)
    mask[2:10, 2:10] = 1
    mask[12:16, 12:16] = 0.8
    mask[18, 18] = 1
    kept = keep_parts(mask, 0.1)
    assert kept[18, 18] == 0
    mask[18, 18] = 0
    np.testing.assert_array_equal(kept, mask)
