# SPDX-License-Identifier: GPL-3.0-or-later
"""Presets of what is chosen in the panel *Reconstruct*: ours in the folder `presets`, hers where Blender keeps them."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import bpy
from bl_operators.presets import AddPresetBase
from bl_ui.utils import PresetPanel

from ..engine.contract.method import methods

FOLDER = str(Path(__file__).resolve().parents[1])
# The first two set the rest, so they come first.
JOB_SETTINGS = ("method", "preset", "guidance", "estimator", "outpainter", "captioner", "device")


class DRAPE_PT_presets(PresetPanel, bpy.types.Panel):
    """Preset, device, guidance and all settings of the method"""

    preset_subdir = "drape"
    preset_operator = "script.execute_preset"
    preset_add_operator = "drape.add_preset"


class DRAPE_OT_add_preset(AddPresetBase, bpy.types.Operator):
    """Keep the method and its settings as a preset, or remove the chosen one"""

    bl_idname = "drape.add_preset"
    bl_label = "Add Reconstruction Preset"
    preset_menu = "DRAPE_PT_presets"
    preset_subdir = "drape"
    preset_defines = ["drape = bpy.context.scene.drape"]

    @property
    def preset_values(self) -> list[str]:
        """What a preset sets, in this order."""
        method = bpy.context.scene.drape.method
        names = [field.name for field in dataclasses.fields(methods()[method].settings)]
        return [*(f"drape.{name}" for name in JOB_SETTINGS), *(f"drape.{method}.{name}" for name in names)]


CLASSES = (DRAPE_PT_presets, DRAPE_OT_add_preset)


def register() -> None:
    """Adds our presets to the menu."""
    bpy.utils.register_preset_path(FOLDER)


def unregister() -> None:
    """Removes them."""
    bpy.utils.unregister_preset_path(FOLDER)
