# SPDX-License-Identifier: GPL-3.0-or-later
"""The artist in the loop of All Round, in a complete Blender with a window."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

ORBITER = Path(__file__).with_name("orbiter.py")


@pytest.fixture(scope="module")
def seen(perform: Callable[[Path], dict[str, Any]]) -> dict[str, Any]:
    """What the artist saw."""
    return perform(ORBITER)


def test_views_appear_while_it_runs(seen: dict[str, Any]) -> None:
    counts = seen["views while it runs"]
    assert counts == sorted(counts)
    assert {1, 2} & set(counts)


def test_the_orbit_ends_with_the_views_that_are_there(seen: dict[str, Any]) -> None:
    assert seen["views left out"]
    assert seen["state after the end was asked for"] == "RUNNING"
    assert seen["views of the result"] == 0


def test_only_what_comes_after_it_is_painted_again(seen: dict[str, Any]) -> None:
    assert seen["error"] == ""
    assert seen["same"] == [True, True, False]


def test_a_view_is_opened_for_painting(seen: dict[str, Any]) -> None:
    assert seen["painting"] == "View 1, PAINT"


def test_nothing_is_complained_about(seen: dict[str, Any]) -> None:
    """An error while drawing would be printed."""
    assert "user_default/drape/" not in seen["printed"], seen["printed"]
