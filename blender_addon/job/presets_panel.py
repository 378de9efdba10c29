# SPDX-License-Identifier: GPL-3.0-or-later
"""Presets of what is chosen in the panel *Reconstruct*: ours in the folder `presets`, hers where Blender keeps them."""

from __future__ import annotations

from pathlib import Path

import bpy
from bl_ui.utils import PresetPanel

FOLDER = str(Path(__file__).resolve().parents[1])


class DRAPE_PT_presets(PresetPanel, bpy.types.Panel):
    """Preset, device, guidance and all settings of the method"""

    preset_subdir = "drape"
    preset_operator = "script.execute_preset"
    preset_add_operator = "drape.add_preset"


CLASSES = (DRAPE_PT_presets,)


def register() -> None:
    """Adds our presets to the menu."""
    bpy.utils.register_preset_path(FOLDER)


def unregister() -> None:
    """Removes them."""
    bpy.utils.unregister_preset_path(FOLDER)
