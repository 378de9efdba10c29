# SPDX-License-Identifier: GPL-3.0-or-later
"""Presets: ours in one menu, hers in Blender's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy


def execute(file: Path) -> None:
    assert bpy.ops.script.execute_preset(filepath=str(file), menu_idname="DRAPE_PT_presets") == {"FINISHED"}


def test_ours_are_one_menu_in_the_order_of_effort(scene: Any) -> None:
    choices = scene.drape.bl_rna.properties["preset"].enum_items
    assert list(choices.keys()) == ["draft", "standard", "high", "paper"]
    assert all(choice.description for choice in choices)
    assert not [file for folder in bpy.utils.preset_paths("drape") for file in Path(folder).glob("*.py")]


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
