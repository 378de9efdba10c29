# SPDX-License-Identifier: GPL-3.0-or-later
"""Presets of hers: what is chosen in the panel *Reconstruct*, kept where Blender keeps presets. Ours are the menu
*Preset* in that panel."""

from __future__ import annotations

import dataclasses

import bpy
from bl_operators.presets import AddPresetBase
from bl_ui.utils import PresetPanel

from ..engine.contract.method import methods

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
