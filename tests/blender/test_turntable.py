# SPDX-License-Identifier: GPL-3.0-or-later
"""The result that turns to and fro in the panel: which picture, and when nothing is to be done."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import bpy
import numpy as np
import pytest

from tests.blender.conftest import part
from tests.blender.results import write_picture


def icon(picture: Path) -> Any:
    """The icon of a picture, whose number is one more than its name."""
    return SimpleNamespace(image_size=(4, 4), icon_id=int(picture.stem) + 1)


@pytest.fixture
def turntable(scene: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    module = part("result.turntable")
    monkeypatch.setattr(part("icons"), "loaded", icon)
    monkeypatch.setattr(module, "_step", 0)
    yield module
    if bpy.app.timers.is_registered(module._turn):
        bpy.app.timers.unregister(module._turn)


@pytest.fixture
def job(tmp_path: Path) -> Path:
    """A job folder with three pictures."""
    (tmp_path / "turntable").mkdir()
    for number in range(3):
        write_picture(tmp_path / "turntable" / f"{number:03d}.png", np.ones((4, 4, 4), np.float32))
    return tmp_path


@pytest.mark.parametrize(("closed", "order"), [(False, [1, 2, 3, 2, 1, 2]), (True, [1, 2, 3, 1, 2, 3])])
def test_it_turns_while_it_is_drawn(turntable: Any, job: Path, closed: bool, order: list[int]) -> None:
    """To and fro; all the way round where there is a back."""
    shown = []
    for _ in range(6):
        shown.append(turntable.icon_of(job, closed=closed))
        assert turntable._turn() == turntable.INTERVAL
    assert shown == order


def test_the_timer_ends_when_nobody_looks(turntable: Any, job: Path) -> None:
    assert not bpy.app.timers.is_registered(turntable._turn)
    turntable.icon_of(job, closed=False)
    assert bpy.app.timers.is_registered(turntable._turn)
    assert turntable._turn() is not None
    assert turntable._turn() is None


def test_without_pictures_there_is_no_timer(turntable: Any, tmp_path: Path) -> None:
    assert turntable.icon_of(tmp_path / "gone", closed=False) == 0
    assert not bpy.app.timers.is_registered(turntable._turn)


def test_it_is_off_at_first(scene: Any) -> None:
    assert not bpy.context.window_manager.drape_turntable
