# SPDX-License-Identifier: GPL-3.0-or-later
"""How much of the object a mesh shows."""

from __future__ import annotations

import numpy as np
import pytest

from engine.geometry.image_map import pixel_centres
from engine.mesh.front import drape_mesh
from engine.mesh.kept import share_kept


def test_what_has_no_depth_is_missed() -> None:
    coverage = np.zeros((64, 64))
    coverage[10:30, 10:50] = coverage[40:60, 10:50] = 1
    depth = np.where(coverage > 0, 0.0, np.nan)
    whole = drape_mesh(depth, pixel_centres(64), coverage, size=1.0)
    assert share_kept(whole, coverage) > 0.99
    depth[35:] = np.nan
    half = drape_mesh(depth, pixel_centres(64), coverage, size=1.0)
    assert share_kept(half, coverage) == pytest.approx(0.5, abs=0.01)
