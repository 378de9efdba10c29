# SPDX-License-Identifier: GPL-3.0-or-later
"""The outline blown up like a balloon."""

from __future__ import annotations

import numpy as np
import pytest

from engine.geometry.inflation import inflate
from tests.engine.geometry.analytic_shapes import picture_plane


def test_a_disc_becomes_a_hemisphere() -> None:
    """To half a pixel in the middle; at the rim, where it is steep, to the stairs of the pixels."""
    plane = picture_plane(96)
    squared = 0.8**2 - (plane**2).sum(-1)
    mask = squared > 0
    depth = inflate(mask)
    assert np.isnan(depth[~mask]).all()
    inside = squared > 0.1
    assert depth[inside] == pytest.approx(np.sqrt(squared[inside]), abs=0.03)
    assert (depth[mask] > 0).all()


def test_parts_inflate_by_themselves_in_half_crops() -> None:
    """The same outline gives the same depth anywhere, also at the crop's border; half the size gives half the depth."""
    large, small = np.zeros((32, 32), bool), np.zeros((64, 64), bool)
    large[0:16, 0:12] = small[0:16, 0:12] = small[40:56, 30:42] = True
    assert inflate(small)[:16, :12] == pytest.approx(inflate(large)[:16, :12] / 2)
    assert inflate(small)[40:56, 30:42] == pytest.approx(inflate(small)[:16, :12])


@pytest.mark.filterwarnings("error")
def test_nothing_inflates_to_nothing() -> None:
    assert np.isnan(inflate(np.zeros((8, 8), bool))).all()
