# SPDX-License-Identifier: GPL-3.0-or-later
"""Parts of a mask, against pictures of letters."""

from __future__ import annotations

import numpy as np
import pytest
from drape.picture.mask_parts import part_at

# A spiral, a block that touches it only by a corner, and a block with a faint rim.
PICTURE = """
AAAAAAAAA....
A.......A.BB.
A.AAAAA.A.BB.
A.A...A.A.BB.
A.A.AAA.A....
A.A.....A....
A.AAAAAAA....
.........CC..
"""


@pytest.mark.parametrize("letter", "ABC")
def test_it_is_all_that_is_connected(letter: str) -> None:
    letters = np.array([list(line) for line in PICTURE.split()])
    mask = np.where(letters == ".", 0.0, 0.9).astype(np.float32)
    part = letters == letter
    for row, column in np.argwhere(part)[[0, -1]]:
        assert np.array_equal(part_at(mask, row, column), part)


def test_beside_them_there_is_nothing() -> None:
    assert not part_at(np.zeros((3, 4), np.float32), 1, 2).any()


def test_what_is_hardly_covered_connects_nothing() -> None:
    assert part_at(np.array([[1, 0.05, 1, 0.5]], np.float32), 0, 2).tolist() == [[False, False, True, True]]
