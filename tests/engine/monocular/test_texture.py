# SPDX-License-Identifier: GPL-3.0-or-later
"""A picture without texture: faint patterns go, edges and shading stay."""

from __future__ import annotations

import numpy as np
import pytest

from engine.monocular.texture import without_texture
from tests.engine.dreamtexture.analytic_shapes import picture_plane

PLANE = picture_plane(96)
DISC = np.hypot(*np.moveaxis(PLANE, 2, 0)) < 0.8
INNER = np.hypot(*np.moveaxis(PLANE, 2, 0)) < 0.6
STRIPES = 0.06 * np.sign(np.sin(50 * (PLANE[..., 0] + 0.3 * PLANE[..., 1])))


def grey(
    values: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """A picture of the disc with these values (96, 96), black around."""
    return np.repeat((values * DISC)[..., None], 3, 2).astype(np.float32)


def test_a_pattern_goes_and_the_shading_stays() -> None:
    shading = 0.5 + 0.2 * PLANE[..., 1]
    smooth = without_texture(grey(shading + STRIPES), DISC)
    assert smooth.dtype == np.float32
    assert np.abs(smooth[INNER, 0] - shading[INNER]).max() < 0.2 * 0.06


def test_an_edge_stays_where_it_is() -> None:
    faces = np.where(PLANE[..., 0] > 0.1, 0.8, 0.3)
    assert without_texture(grey(faces), DISC)[..., 0][INNER] == pytest.approx(faces[INNER], abs=0.02)


def test_what_lies_around_the_object_doesnt_count() -> None:
    picture, other = grey(0.5 + STRIPES), np.where(DISC[..., None], grey(0.5 + STRIPES), np.float32(1))
    smooth = without_texture(picture, DISC)
    assert (smooth == without_texture(other, DISC)).all()
    assert not smooth[~DISC].any()
