# SPDX-License-Identifier: GPL-3.0-or-later
"""The main job in a complete Blender with a window."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

LIMIT = 300  # seconds of waiting after which a test fails
ARTIST = Path(__file__).with_name("artist.py")


@pytest.fixture(scope="module")
def seen(perform: Callable[[Path], dict[str, Any]]) -> dict[str, Any]:
    """What the artist saw."""
    return perform(ARTIST)


def test_the_tab_is_in_both_sidebars(seen: dict[str, Any]) -> None:
    assert seen["VIEW_3D"] == seen["IMAGE_EDITOR"] == "Drape"


def test_whatever_there_is_to_tell_is_drawn(seen: dict[str, Any]) -> None:
    """Progress, a collapsed result, a failure, what Check Engine found; an error while drawing would be printed."""
    assert "no-such-model" in seen["told"]
    assert "user_default/drape/" not in seen["printed"], seen["printed"]


def test_the_cut_out_is_shown_before_anything_long_is_run(seen: dict[str, Any]) -> None:
    assert seen["cut-out"] == "sample.png Cut-out, VIEW"


def test_the_mask_is_painted_over_the_picture(seen: dict[str, Any]) -> None:
    assert seen["painting"] == "sample.png Mask, PAINT"
    assert seen["draws the picture over its mask"]


def test_a_picture_dropped_on_the_sidebar_is_chosen(seen: dict[str, Any]) -> None:
    assert seen["dropped"] == ["sample.png", True]


def test_a_click_picks_the_object(seen: dict[str, Any]) -> None:
    assert seen["picked"] == [True, True, "sample.png Mask.001, VIEW"]


def test_she_works_on_while_it_runs(seen: dict[str, Any]) -> None:
    assert seen["returned while"] == "RUNNING"
    assert len(seen["phases"]) >= 4
    assert seen["cube"] == len(seen["phases"])
    assert seen["progress"] == sorted(seen["progress"])
    assert any(0 < progress < 1 for progress in seen["progress"])


def test_the_result_is_there_in_one_undo_step(seen: dict[str, Any]) -> None:
    assert (seen["state"], seen["error"]) == ("DONE", "")
    assert seen["imported"] == ["sample"]
    assert seen["left after undo"] == []
    assert seen["cube after undo"] == seen["cube"]
    assert seen["there after redo"] == ["sample"]


def test_the_result_turns_in_the_panel_only_when_asked(seen: dict[str, Any]) -> None:
    """That it turns then, and rests afterwards, was waited for."""
    assert not seen["turns unasked"]


def test_the_virtual_texture_is_seen(seen: dict[str, Any]) -> None:
    assert seen["viewport"] == "MATERIAL"


def test_cancel_shows_at_once_and_the_job_can_go_on(seen: dict[str, Any]) -> None:
    assert seen["after cancel"] == "CANCELLED"
    assert seen["can resume"]


@pytest.mark.skipif(sys.platform == "win32", reason="processes are looked up as POSIX does")
def test_the_engine_ends_with_blender_and_the_job_can_go_on(seen: dict[str, Any]) -> None:
    give_up = time.monotonic() + LIMIT
    while runs(seen["worker"]):
        assert time.monotonic() < give_up
        time.sleep(0.1)
    job = Path(seen["job"])
    assert (job / "job.json").is_file()
    assert not (job / "result.json").exists()


def runs(pid: int) -> bool:
    """Whether there is a process with this number."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
