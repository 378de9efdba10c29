# SPDX-License-Identifier: GPL-3.0-or-later
"""The distortion overlay in a complete Blender with a window: the colours on the screen, and what it costs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

INSPECTOR = Path(__file__).with_name("inspector.py")


@pytest.fixture(scope="module")
def seen(perform: Callable[[Path], dict[str, Any]]) -> dict[str, Any]:
    """What was seen."""
    return perform(INSPECTOR)


# The colours of the left face, whose UVs are right, and of the right one, on which angles are off by over 45 degrees.
GOOD, BAD = [0, 33, 84], [255, 232, 69]
UNDRAWN = [[0, 0, 0, 0], [0, 0, 0, 0]]


def colors(pixels: list[list[int]]) -> list[list[int]]:
    """Without alpha."""
    return [pixel[:3] for pixel in pixels]


@pytest.mark.parametrize("when", ["SOLID", "WIREFRAME", "in edit mode", "after undo"])
def test_the_colours_tell_the_distortion(seen: dict[str, Any], when: str) -> None:
    assert colors(seen[f"pixels {when}"]) == [pytest.approx(GOOD, abs=2), pytest.approx(BAD, abs=2)]


def test_other_colours_and_another_range_need_nothing_measured_again(seen: dict[str, Any]) -> None:
    blue, red = [0, 0, 127], [255, 0, 0]
    assert colors(seen["pixels as in the UV editor"]) == [pytest.approx(blue, abs=2), pytest.approx(red, abs=2)]
    assert colors(seen["pixels with another range"]) == [pytest.approx(red, abs=2)] * 2
    assert not seen["new batches for colours and range"]


def test_the_value_under_the_cursor(seen: dict[str, Any]) -> None:
    """Singular values in the ratio of 4 to 1: 2 arcsin(3 / 5)."""
    assert seen["under the cursor"] == "73.7°"


def test_an_edit_is_seen(seen: dict[str, Any]) -> None:
    assert colors(seen["pixels after an edit"]) == [pytest.approx(GOOD, abs=2)] * 2


def test_nothing_is_measured_while_idle(seen: dict[str, Any]) -> None:
    assert not seen["measures while idle"]
    assert not seen["timer while idle"]


@pytest.mark.parametrize("when", ["before", "without overlays", "after"])
def test_nothing_is_drawn_where_it_is_not_wanted(seen: dict[str, Any], when: str) -> None:
    assert seen[f"pixels {when}"] == UNDRAWN


def test_nothing_is_left_behind(seen: dict[str, Any]) -> None:
    assert not seen["handlers left"]
    assert not seen["handlers left when disabled"]


def test_nothing_is_complained_about(seen: dict[str, Any]) -> None:
    """An error while drawing would be printed."""
    assert "user_default/drape/" not in seen["printed"], seen["printed"]
