# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures that are dropped on our tab of a sidebar; if she wants it, also on the 3D viewport."""

from __future__ import annotations

from pathlib import Path

import bpy

from ..setup.environment import preferences, why_not_set_up
from ..sidebar import EDITORS, Sidebar
from .queue_pictures import PICTURE_FILES, add_files


class DRAPE_OT_drop_pictures(bpy.types.Operator):
    """Choose the picture that was dropped; if it is more than one, add them to the queue"""

    bl_idname = "drape.drop_pictures"
    bl_label = "Open in Drape"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}

    __annotations__ = PICTURE_FILES

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Takes them; a mask that was chosen for another picture goes."""
        folder, names = Path(bpy.path.abspath(self.directory)), [file.name for file in self.files]
        if len(names) > 1:
            if not (reason := why_not_set_up(context)):
                return add_files(self, context, folder, names)
            self.report({"ERROR"}, reason)
            return {"CANCELLED"}
        try:
            picture = bpy.data.images.load(str(folder / names[0]), check_existing=True)
        except RuntimeError as error:
            self.report({"ERROR"}, str(error).strip())
            return {"CANCELLED"}
        context.scene.drape.picture, context.scene.drape.mask = picture, None
        return {"FINISHED"}


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
        wanted = preferences().drop_on_viewport
        return bool((area.type, region.type) == ("VIEW_3D", "WINDOW") and wanted)


CLASSES = (DRAPE_OT_drop_pictures, DRAPE_FH_pictures)
