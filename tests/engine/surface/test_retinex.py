# SPDX-License-Identifier: GPL-3.0-or-later
"""Paint goes, shading stays."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.surface.retinex import without_paint
from tests.engine.geometry.analytic_shapes import picture_plane

PLANE = picture_plane(64)
DISC = np.hypot(*np.moveaxis(PLANE, 2, 0)) < 0.8
LIT = np.where(PLANE[..., 0] > 0.1, 0.7, 0.4) + 0.1 * PLANE[..., 1]
"""Two faces that meet in an edge, each shaded gently."""
WHITE, BLUE = np.array([0.8, 0.8, 0.8]), np.array([0.05, 0.15, 0.7])
DOTS: NDArray[np.bool_] = np.all(np.sin(12 * PLANE) > 0.3, axis=-1)


def picture(paint: NDArray[np.float64]) -> NDArray[np.float32]:
    """sRGB values of the disc with this paint (64, 64, 3), light being linear; grey around."""
    light = LIT[..., None] * paint
    srgb = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.where(DISC[..., None], srgb, 0.5).astype(np.float32)


def contrast(image: NDArray[np.float32], part: NDArray[np.bool_]) -> float:
    """How much brighter `part` of the inner disc is than the rest of it, as a factor."""
    inner = np.hypot(*np.moveaxis(PLANE, 2, 0)) < 0.6
    grey = image.mean(-1)
    return float(grey[part & inner].mean() / grey[~part & inner].mean())


def test_one_colour_stays_as_it_is() -> None:
    plain = picture(np.broadcast_to(BLUE, (64, 64, 3)))
    found = without_paint(plain, DISC)
    assert found.dtype == np.float32
    assert found[DISC] == pytest.approx(plain[DISC], abs=0.02)
    assert not found[~DISC].any()


def test_dots_go_and_the_edge_between_two_faces_stays() -> None:
    plain, dotted = (picture(np.where(where[..., None], BLUE, WHITE)) for where in (np.zeros_like(DOTS), DOTS))
    found = without_paint(dotted, DISC)
    assert contrast(dotted, DOTS) < 0.7
    assert contrast(found, DOTS) == pytest.approx(contrast(plain, DOTS), abs=0.06)
    right = PLANE[..., 0] > 0.1
    assert contrast(found, right) == pytest.approx(contrast(plain, right), abs=0.06)


def test_the_whole_object_has_its_mean_colour() -> None:
    dotted = picture(np.where(DOTS[..., None], BLUE, WHITE))
    found = without_paint(dotted, DISC)[DISC].astype(np.float64)
    light = ((found + 0.055) / 1.055) ** 2.4
    chromaticity = light / light.sum(-1, keepdims=True)
    assert chromaticity == pytest.approx(np.broadcast_to(chromaticity.mean(0), chromaticity.shape), abs=0.01)
