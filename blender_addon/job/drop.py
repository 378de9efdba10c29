# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures that are dropped on our tab of a sidebar; if she wants it, also on the 3D viewport."""

from __future__ import annotations

import bpy

from ..setup import preferences
from ..sidebar import EDITORS, Sidebar


class DRAPE_FH_pictures(bpy.types.FileHandler):
    """Takes picture files."""

    bl_idname = "DRAPE_FH_pictures"
    bl_label = "Open in Drape"
    bl_import_operator = "drape.drop_pictures"
    bl_file_extensions = ";".join(sorted(bpy.path.extensions_image))

    @classmethod
    def poll_drop(cls, context: bpy.types.Context) -> bool:
        """Not anywhere else: where several handlers take a file, Blender asks at every drop which one it is for."""
        area, region = context.area, context.region
        if area is None or region is None or area.type not in EDITORS:
            return False
        if region.type == Sidebar.bl_region_type:
            return bool(region.active_panel_category == Sidebar.bl_category)
        wanted = preferences.current().drop_on_viewport
        return bool((area.type, region.type) == ("VIEW_3D", "WINDOW") and wanted)


CLASSES = (DRAPE_FH_pictures,)
