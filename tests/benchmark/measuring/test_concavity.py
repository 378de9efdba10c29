# SPDX-License-Identifier: GPL-3.0-or-later
"""Which surfaces count as hollow."""

from __future__ import annotations

import numpy as np
import pytest

from tests.benchmark.measuring.concavity import concave_share
from tests.engine.geometry.analytic_shapes import picture_plane

RADIUS = np.hypot(*np.moveaxis(picture_plane(128), 2, 0))
DISC = RADIUS < 0.8
BOWL = np.where(DISC, RADIUS**2, np.nan)


def test_a_bowl_is_hollow_and_a_bulge_in_its_place_is_not() -> None:
    assert concave_share(BOWL, BOWL, DISC) == 1
    assert concave_share(3 * BOWL + 0.2 * picture_plane(128)[..., 0], BOWL, DISC) == 1
    assert concave_share(-BOWL, BOWL, DISC) == 0


def test_half_a_bowl_is_half_hollow() -> None:
    half = np.where(picture_plane(128)[..., 0] > 0, BOWL, 2 * 0.8**2 - BOWL)
    assert concave_share(half, BOWL, DISC) == pytest.approx(0.5, abs=0.05)


def test_what_bulges_has_no_inside() -> None:
    assert np.isnan(concave_share(-BOWL, -BOWL, DISC))
