# SPDX-License-Identifier: GPL-3.0-or-later
"""Has Blender draw again what shows something of ours."""

from __future__ import annotations

import bpy

PANELS = {("VIEW_3D", "UI"), ("IMAGE_EDITOR", "UI"), ("PREFERENCES", "WINDOW")}


def panels() -> None:
    """What shows how the work goes: our sidebars, and the preferences."""
    for area in _areas():
        for region in area.regions:
            if (area.type, region.type) in PANELS:
                region.tag_redraw()


def viewports() -> None:
    """All 3D viewports."""
    for area in _areas():
        if area.type == "VIEW_3D":
            area.tag_redraw()


def _areas() -> list[bpy.types.Area]:
    return [area for window in bpy.context.window_manager.windows for area in window.screen.areas]
