# SPDX-License-Identifier: GPL-3.0-or-later
"""Presets: ours, and hers."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import bpy
import pytest


def ours() -> list[Path]:
    (folder,) = (path for path in bpy.utils.preset_paths("drape") if "user_default" in path)
    return sorted(Path(folder).glob("*.py"))


def execute(file: Path) -> None:
    assert bpy.ops.script.execute_preset(filepath=str(file), menu_idname="DRAPE_PT_presets") == {"FINISHED"}


METHODS = {"Front": "dreamtexture", "All_Round": "pop3d"}


@pytest.mark.parametrize("preset", ["draft", "standard", "high"])
@pytest.mark.parametrize("label", METHODS)
def test_ours_undo_what_was_changed(scene: Any, label: str, preset: str) -> None:
    chosen, method = scene.drape, METHODS[label]
    chosen.dreamtexture.steps, chosen.pop3d.faces = 7, 777
    chosen.guidance = chosen.outpainter = chosen.estimator = "nobody/no-such-model"
    (file,) = (file for file in ours() if file.stem == f"{label}_{preset}")
    execute(file)
    assert (chosen.method, chosen.preset) == (method, preset)
    assert (chosen.guidance if method == "dreamtexture" else chosen.outpainter) == chosen.estimator == "embedded"
    assert chosen.request()["overrides"] == {}


@pytest.mark.parametrize("label", METHODS)
def test_ours_say_what_they_take(scene: Any, label: str) -> None:
    """And where that was measured; more work takes longer."""
    seconds = []
    for preset in ("draft", "standard", "high"):
        (file,) = (file for file in ours() if file.stem == f"{label}_{preset}")
        told = re.search(r"Measured on .*: (\d+) s of computing, [\d.]+ GB", file.read_text())
        assert told
        seconds.append(int(told[1]))
    assert seconds == sorted(set(seconds))


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
