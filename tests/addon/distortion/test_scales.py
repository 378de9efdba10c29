# SPDX-License-Identifier: GPL-3.0-or-later
"""How the numbers are shown, and their colours."""

from __future__ import annotations

import numpy as np
import pytest
from drape.distortion import scales
from drape.distortion.metrics import METRICS
from drape.distortion.scales import SCALES


def test_every_metric_has_a_scale() -> None:
    assert list(SCALES) == list(METRICS)


@pytest.mark.parametrize("metric", SCALES)
def test_a_number_that_is_typed_is_the_one_that_is_read(metric: str) -> None:
    scale = SCALES[metric]
    assert scale.displayed(scale.from_displayed(scale.high)) == pytest.approx(scale.high)


def test_numbers_as_the_artist_reads_them() -> None:
    assert SCALES["AREA"].written(-1.0) == "0.50x"
    assert SCALES["ANGLE"].written(12.34) == "12.3°"
    assert SCALES["DENSITY"].written(512.4) == "512 px/m"


def test_twice_and_half_are_equally_bad() -> None:
    worse = SCALES["AREA"].beyond(np.log2([0.4, 0.6, 1.0, 1.9, 2.1]), 2.0)
    assert worse.tolist() == [True, False, False, False, True]


def test_little_texture_is_what_is_bad_about_density() -> None:
    assert SCALES["DENSITY"].beyond(np.array([100.0, 1000.0, np.nan]), 512).tolist() == [True, False, False]


def luminance(colors: np.ndarray) -> np.ndarray:
    """Relative luminance (Rec. 709) of sRGB colours."""
    found: np.ndarray = scales.linear(colors[:, :3]) @ np.array([0.2126, 0.7152, 0.0722])
    return found


def test_colours_are_told_apart_without_seeing_colour() -> None:
    """Brighter all the way, or darker from the middle to either end."""
    assert (np.diff(luminance(scales.gradient(scales.SEQUENTIAL, 64))) > 0).all()
    diverging = luminance(scales.gradient(scales.DIVERGING, 65))
    assert (np.diff(diverging[:33]) > 0).all()
    assert (np.diff(diverging[32:]) < 0).all()


def test_the_gradient_goes_through_its_colours() -> None:
    np.testing.assert_allclose(scales.gradient(scales.UV_EDITOR, 9)[::2, :3], scales.UV_EDITOR, atol=1e-6)
