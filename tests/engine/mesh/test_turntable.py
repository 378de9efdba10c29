# SPDX-License-Identifier: GPL-3.0-or-later
"""Novel views of a scene that can be told by hand: a small red square in front of a larger blue one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.mesh.mesh import Mesh
from engine.mesh.turntable import ALL_ROUND, AZIMUTHS, MARGIN, SIDE, turntable
from engine.picture.picture import Floats

GAP = 0.5  # metres between the squares
RED, BLUE = 0.1, 0.5  # half their sides, metres


@pytest.fixture(scope="module")
def pictures() -> list[Floats]:
    """From left to right."""
    return squares(AZIMUTHS)


def squares(azimuths: Sequence[float]) -> list[Floats]:
    """The two squares, upright and facing the front; the texture is red on its left half and blue on its right."""
    corners = np.array([(-1, 0, -1), (1, 0, -1), (1, 0, 1), (-1, 0, 1)], np.float32)
    vertices = np.concatenate([RED * corners - [0, GAP, 0], BLUE * corners]).astype(np.float32)
    uv = np.array([[[u, 0.5]] * 4 for u in (0.25, 0.75)], np.float32)
    texture = np.zeros((64, 64, 3), np.float32)
    texture[:, :32, 0] = texture[:, 32:, 2] = 1
    return list(turntable(Mesh(vertices, np.arange(8, dtype=np.int32).reshape(2, 4), uv, uv), texture, azimuths))


def columns(shown: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Where, in -1..1 from the picture's middle, the columns lie in which the middle row shows something."""
    return (np.flatnonzero(shown[SIDE // 2]) + 0.5) / SIDE * 2 - 1


def test_from_minus_ten_to_ten_degrees(pictures: list[Floats]) -> None:
    assert (AZIMUTHS[0], AZIMUTHS[-1], len(pictures)) == (-10, 10, len(AZIMUTHS))
    assert all(picture.shape == (SIDE, SIDE, 4) for picture in pictures)
    for picture in pictures:
        assert picture.min() >= 0
        assert picture.max() <= 1
        assert picture[0, 0, 3] == 0  # nothing there


def test_what_is_nearer_moves_against_the_viewer(pictures: list[Floats]) -> None:
    """A step to the right by a degrees moves what is d nearer by d sin(a) to the left."""
    for azimuth, picture in zip(AZIMUTHS, pictures, strict=True):
        half = np.ptp(columns(picture[..., 3] > 0.5)) / 2  # of the blue square, as it is shown
        angle = np.radians(azimuth)
        scale = half / (BLUE * np.cos(angle))
        shift = columns(picture[..., 0] > 0.5).mean() - columns(picture[..., 3] > 0.5).mean()
        middle = scale * (-GAP * np.sin(angle))
        assert shift == pytest.approx(middle, abs=2 / SIDE), azimuth


def test_all_have_one_scale_and_fill_the_picture(pictures: list[Floats]) -> None:
    heights = [np.flatnonzero((picture[..., 3] > 0.5).any(1)) for picture in pictures]
    assert {(rows[0], rows[-1]) for rows in heights} == {(heights[0][0], heights[0][-1])}
    widest = max(np.abs(columns(picture[..., 3] > 0.5)).max() for picture in pictures)
    assert widest == pytest.approx(1 - 2 * MARGIN, abs=3 / SIDE)


def test_colours_are_the_textures_without_a_rim(pictures: list[Floats]) -> None:
    """Also on the outline, where the picture is half transparent."""
    for picture in pictures:
        seen = picture[..., 3] > 0
        np.testing.assert_allclose(picture[seen][:, :3].sum(1), 1, atol=1e-5)
        assert picture[seen][:, 1].max() == 0


def test_all_the_way_round() -> None:
    """From behind the blue square hides the red one, and the pictures come round to where they began."""
    assert (ALL_ROUND[0], len(ALL_ROUND) * (ALL_ROUND[1] - ALL_ROUND[0])) == (0, 360)
    front, back = squares((0, 180))
    assert (front[..., 0] > 0.5).any()
    assert not (back[..., 0] > 0.5).any()
    assert (back[..., 2] > 0.5).any()
