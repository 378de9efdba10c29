# SPDX-License-Identifier: GPL-3.0-or-later
"""Add Preset."""

from __future__ import annotations

import dataclasses

import bpy
from bl_operators.presets import AddPresetBase

from ..engine.contract import settings

# The first two set the rest, so they come first.
ASKED = ("method", "preset", "guidance", "estimator", "outpainter", "captioner", "device")


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
        names = [field.name for field in dataclasses.fields(settings.METHODS[method])]
        return [*(f"drape.{name}" for name in ASKED), *(f"drape.{method}.{name}" for name in names)]


CLASSES = (DRAPE_OT_add_preset,)
