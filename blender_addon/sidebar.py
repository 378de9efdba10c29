# SPDX-License-Identifier: GPL-3.0-or-later
"""The sidebar tab *Drape*, in the 3D viewport and in the Image Editor."""

from __future__ import annotations

import bpy

EDITORS = ("VIEW_3D", "IMAGE_EDITOR")
ORDER = ("Reconstruct", "Advanced", "Into the Scene", "Result", "Views", "Jobs", "Export", "UV Distortion")
"""The tab's panels by their labels, from top to bottom."""


class Sidebar:
    """Where a panel is."""

    bl_region_type = "UI"
    bl_category = "Drape"
    bl_label: str
    layout: bpy.types.UILayout


def in_both_editors(*kinds: type[Sidebar]) -> list[type[bpy.types.Panel]]:
    """A panel for each kind and editor."""
    panels = []
    for space in EDITORS:
        for kind in kinds:
            name = f"DRAPE_PT_{kind.__name__.lower()}_{space.lower()}"
            place = {"bl_space_type": space, "bl_idname": name, "bl_order": ORDER.index(kind.bl_label)}
            panels.append(type(name, (kind, bpy.types.Panel), place))
    return panels
