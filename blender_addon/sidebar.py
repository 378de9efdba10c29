# SPDX-License-Identifier: GPL-3.0-or-later
"""The sidebar tab *Drape*, in the 3D viewport and in the Image Editor."""

from __future__ import annotations

import bpy

EDITORS = ("VIEW_3D", "IMAGE_EDITOR")


class Sidebar:
    """Where a panel is."""

    bl_region_type = "UI"
    bl_category = "Drape"
    layout: bpy.types.UILayout


def in_both_editors(*kinds: type[Sidebar]) -> list[type[bpy.types.Panel]]:
    """A panel for each kind and editor."""
    made = []
    for space in EDITORS:
        for kind in kinds:
            name = f"DRAPE_PT_{kind.__name__.lower()}_{space.lower()}"
            made.append(type(name, (kind, bpy.types.Panel), {"bl_space_type": space, "bl_idname": name}))
    return made
