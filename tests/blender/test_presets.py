# SPDX-License-Identifier: GPL-3.0-or-later
"""Presets: ours, and hers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
import pytest


def ours() -> list[Path]:
    (folder,) = (path for path in bpy.utils.preset_paths("drape") if "user_default" in path)
    return sorted(Path(folder).glob("*.py"))


def execute(file: Path) -> None:
    assert bpy.ops.script.execute_preset(filepath=str(file), menu_idname="DRAPE_PT_presets") == {"FINISHED"}


@pytest.mark.parametrize(("word", "name"), [("draft", "draft"), ("standard", "standard")])
def test_ours_undo_what_was_changed(scene: Any, word: str, name: str) -> None:
    scene.drape.dreamtexture.steps, scene.drape.guidance = 7, "nobody/no-such-model"
    (file,) = (file for file in ours() if word in file.name)
    execute(file)
    assert (scene.drape.method, scene.drape.preset, scene.drape.guidance) == ("dreamtexture", name, "embedded")
    assert scene.drape.request()["overrides"] == {}


def test_hers_keep_everything(scene: Any) -> None:
    chosen = scene.drape
    chosen.preset, chosen.device, chosen.dreamtexture.steps, chosen.dreamtexture.texture = "high", "cpu", 7, "plaid"
    request = chosen.request()
    assert bpy.ops.drape.add_preset(name="Mine") == {"FINISHED"}
    (file,) = (Path(path, "Mine.py") for path in bpy.utils.preset_paths("drape") if "user_default" not in path)
    chosen.preset, chosen.device = "draft", "auto"
    execute(file)
    assert chosen.request() == request
    assert bpy.ops.drape.add_preset(name="Mine", remove_name=True) == {"FINISHED"}
    assert not file.exists()
