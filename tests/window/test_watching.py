# SPDX-License-Identifier: GPL-3.0-or-later
"""The alignment as it is watched in a complete Blender with a window: the button, the preview, cancel and undo."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

ONLOOKER = Path(__file__).with_name("onlooker.py")


@pytest.fixture(scope="module")
def seen(perform: Callable[[Path], dict[str, Any]]) -> dict[str, Any]:
    """What was seen."""
    return perform(ONLOOKER)


def test_the_progress_moves_while_the_view_is_turned(seen: dict[str, Any]) -> None:
    assert seen["progress"] == sorted(seen["progress"])
    assert 0 < seen["progress"][0] < seen["progress"][-1] < 1
    assert all(one != next_one for one, next_one in pairwise(seen["orbit"]))


def test_the_texture_is_seen_on_the_object_and_only_there(seen: dict[str, Any]) -> None:
    for body, beside in seen["pixels"]:
        assert body[3] == 255
        assert max(body[:3]) > 20
        assert beside[3] == 0


def test_previews_come_at_most_twice_a_second(seen: dict[str, Any]) -> None:
    times = seen["previews"]
    assert all(later - earlier > 0.45 for earlier, later in pairwise(times))


@pytest.mark.parametrize("when", ["switched off", "after cancel", "after import"])
def test_nothing_is_drawn_where_it_is_not_wanted(seen: dict[str, Any], when: str) -> None:
    assert [alpha for *_, alpha in seen[f"pixels {when}"]] == [0, 0]


def test_nothing_of_it_is_in_the_file(seen: dict[str, Any]) -> None:
    assert seen["data meanwhile"]


def test_a_click_cancels_and_the_next_one_begins_anew(seen: dict[str, Any]) -> None:
    assert seen["after cancel"] == "CANCELLED"
    assert seen["after the second click"] == "RUNNING"
    assert seen["result"] == ["DONE", ["sample"]]


def test_one_undo_takes_the_result_back(seen: dict[str, Any]) -> None:
    assert seen["meshes after undo"] == []


def test_nothing_is_complained_about(seen: dict[str, Any]) -> None:
    """An error while drawing would be printed."""
    assert "user_default/drape/" not in seen["printed"], seen["printed"]
