# SPDX-License-Identifier: GPL-3.0-or-later
"""What the artist chooses is what the engine is asked for."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import bpy
import pytest

from engine.contract import settings
from engine.contract.method import methods


def test_the_defaults_are_the_engines(scene: Any) -> None:
    job = dataclasses.asdict(settings.Job())
    files = {"picture", "output", "mask", "depth", "normal"}
    assert scene.drape.request() == {**{name: job[name] for name in job if name not in files}, "overrides": {}}


@pytest.mark.parametrize(
    ("method", "preset"), [(name, preset) for name, method in methods().items() for preset in method.presets]
)
def test_a_preset_fills_in_its_settings(scene: Any, method: str, preset: str) -> None:
    scene.drape.method, scene.drape.preset = method, preset
    values = dataclasses.asdict(methods()[method].resolve(preset))
    for name, value in values.items():
        shown = getattr(getattr(scene.drape, method), name)
        assert shown == (pytest.approx(value, rel=1e-6) if isinstance(value, float) else value), name
    assert scene.drape.request()["overrides"] == {}


def test_what_she_changes_of_the_other_method_overrides_its_preset(scene: Any) -> None:
    scene.drape.method = "pop3d"
    scene.drape.pop3d.view_steps = 3
    scene.drape.dreamtexture.steps = 7  # of no consequence
    assert scene.drape.request()["overrides"] == {"view_steps": 3}


def test_what_she_changes_overrides_the_preset(scene: Any) -> None:
    scene.drape.preset = "high"
    changes = {"steps": 7, "blend": 0.3, "learning_rate": 1e-5, "texture": "plaid"}
    for name, value in changes.items():
        setattr(scene.drape.dreamtexture, name, value)
    overrides = scene.drape.request()["overrides"]
    assert overrides == changes
    assert methods()["dreamtexture"].resolve("high", overrides).steps == 7


def test_ranges_hold(scene: Any) -> None:
    scene.drape.dreamtexture.resolution = 10_000
    assert scene.drape.dreamtexture.resolution == 512
    scene.drape.seed = -3
    assert scene.drape.seed == 0


@pytest.mark.parametrize(
    ("method", "label", "paper"), [("dreamtexture", "Front", "DreamTexture"), ("pop3d", "All Round", "POP3D")]
)
def test_a_method_has_a_label_and_its_paper_is_named(scene: Any, method: str, label: str, paper: str) -> None:
    choice = scene.drape.bl_rna.properties["method"].enum_items[method]
    assert choice.name == label
    assert paper in choice.description


def test_choices_are_saved_with_the_file_and_the_job_is_not(scene: Any, picture: Any, tmp_path: Path) -> None:
    scene.drape.preset, scene.drape.object_name, scene.drape.dreamtexture.steps = "high", "disc", 5
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "file.blend"))
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    assert bpy.context.scene.drape.picture is None
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "file.blend"))
    chosen = bpy.context.scene.drape
    assert (chosen.picture.name, chosen.preset, chosen.object_name) == ("disc.png", "high", "disc")
    assert chosen.request()["overrides"] == {"steps": 5}
    assert bpy.context.window_manager.drape.state == "IDLE"


def test_the_state_can_not_be_set(scene: Any) -> None:
    with pytest.raises(AttributeError):
        bpy.context.window_manager.drape.state = "DONE"
