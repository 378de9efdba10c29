# SPDX-License-Identifier: GPL-3.0-or-later
"""The verdict, from exact maps to hopeless ones."""

from __future__ import annotations

import numpy as np
import pytest

from engine.methods.dreamtexture.quality import assess
from tests.engine.geometry.analytic_shapes import hemisphere, picture_plane, smooth_displacement

N = 48


def test_exact_coordinates_are_good() -> None:
    shape = hemisphere(N)
    quality = assess(shape.coordinates, shape.depth, shape.mask)
    assert quality["verdict"] == "good"
    assert quality["foldovers"] == 0
    assert quality["conformal_energy"] == pytest.approx(0, abs=0.01)


def test_coordinates_of_another_surface_are_doubtful() -> None:
    shape = hemisphere(N)
    stretched = picture_plane(N) * [2.5, 1]
    assert assess(stretched, np.where(shape.mask, 0.0, np.nan), shape.mask)["verdict"] == "doubtful"


@pytest.mark.parametrize("scale", [0.2, 6.0])
def test_coordinates_that_shrank_or_grew_without_end_are_collapsed(scale: float) -> None:
    shape = hemisphere(N)
    assert assess(scale * picture_plane(N), shape.depth, shape.mask)["verdict"] == "collapsed"


def test_folded_coordinates_and_runaway_depth_are_collapsed() -> None:
    shape = hemisphere(N)
    folded = shape.coordinates + smooth_displacement(N, rms=8, seed=0, scale=2)
    assert assess(folded, shape.depth, shape.mask)["verdict"] == "collapsed"
    assert assess(shape.coordinates, 10 * shape.depth, shape.mask)["verdict"] == "collapsed"
