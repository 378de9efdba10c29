# SPDX-License-Identifier: GPL-3.0-or-later
"""Fine parts go, however strong; large ones keep their edges."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.surface.rolling_guidance import CONTRAST, FINE, ROUNDS, without_fine_parts
from tests.engine.geometry.analytic_shapes import picture_plane

PLANE = picture_plane(96)
DISC = np.hypot(*np.moveaxis(PLANE, 2, 0)) < 0.8
INNER = np.hypot(*np.moveaxis(PLANE, 2, 0)) < 0.6
STRIPES = 0.2 * np.sign(np.sin(60 * (PLANE[..., 0] + 0.3 * PLANE[..., 1])))


def grey(values: NDArray[np.float64]) -> NDArray[np.float32]:
    """A picture of the disc with these values (96, 96), black around."""
    return np.repeat((values * DISC)[..., None], 3, 2).astype(np.float32)


def test_a_fine_pattern_goes_and_the_shading_stays() -> None:
    shading = 0.5 + 0.2 * PLANE[..., 1]
    smooth = without_fine_parts(grey(shading + STRIPES), DISC)
    assert smooth.dtype == np.float32
    assert np.abs(smooth[INNER, 0] - shading[INNER]).max() < 0.2 * 0.2


def test_an_edge_stays_where_it_is() -> None:
    faces = np.where(PLANE[..., 0] > 0.1, 0.8, 0.3)
    assert without_fine_parts(grey(faces), DISC)[..., 0][INNER] == pytest.approx(faces[INNER], abs=0.02)


def test_what_lies_around_the_object_doesnt_count() -> None:
    picture = grey(0.5 + STRIPES)
    smooth = without_fine_parts(picture, DISC)
    assert (smooth == without_fine_parts(np.where(DISC[..., None], picture, np.float32(1)), DISC)).all()
    assert not smooth[~DISC].any()


def test_it_is_the_mean_over_what_is_alike_pixel_by_pixel() -> None:
    """As its authors write it, on a picture so small that every pixel can be asked about every other."""
    generator = np.random.default_rng(0)
    picture, mask = generator.random((40, 40, 3), np.float32), generator.random((40, 40)) < 0.6
    places, colours = np.argwhere(mask), picture[mask].astype(float)
    apart = np.linalg.norm(places[:, None] - places[None], axis=-1)
    near = np.exp(-(apart**2) / (2 * (FINE * 40) ** 2)) * (apart <= int(2 * FINE * 40))
    guide = np.zeros_like(colours)
    for _ in range(ROUNDS):
        weight = near * np.exp(-np.square(guide[:, None] - guide[None]).sum(-1) / (2 * CONTRAST**2))
        guide = weight @ colours / weight.sum(1, keepdims=True)
    assert without_fine_parts(picture, mask)[mask] == pytest.approx(guide, abs=1e-5)


def test_a_single_row_of_pixels_is_smoothed_along() -> None:
    mask = np.zeros((96, 96), bool)
    mask[40, 10:90] = True
    smooth = without_fine_parts(grey(0.5 + STRIPES), mask & DISC)
    assert np.ptp(smooth[40, 20:80, 0]) < 0.5 * np.ptp((0.5 + STRIPES)[40, 20:80])
