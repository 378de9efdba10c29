# SPDX-License-Identifier: GPL-3.0-or-later
"""Drop Pictures."""

from __future__ import annotations

from pathlib import Path

import bpy

from ..setup.preferences import engine_python
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
            if engine_python().is_file():
                return add_files(self, context, folder, names)
            self.report({"ERROR"}, "Set up the engine first")
            return {"CANCELLED"}
        try:
            picture = bpy.data.images.load(str(folder / names[0]), check_existing=True)
        except RuntimeError as error:
            self.report({"ERROR"}, str(error).strip())
            return {"CANCELLED"}
        context.scene.drape.picture, context.scene.drape.mask = picture, None
        return {"FINISHED"}


CLASSES = (DRAPE_OT_drop_pictures,)
