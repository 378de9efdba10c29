# SPDX-License-Identifier: GPL-3.0-or-later
"""Drop Pictures."""

from __future__ import annotations

from pathlib import Path

import bpy

from ..preferences import engine_python
from .queue_pictures import add_files


class DRAPE_OT_drop_pictures(bpy.types.Operator):
    """Choose the picture that was dropped; if it is more than one, add them to the queue"""

    bl_idname = "drape.drop_pictures"
    bl_label = "Open in Drape"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}

    __annotations__ = {
        # Blender knows these by their names.
        "directory": bpy.props.StringProperty(
            name="Folder", description="Where the pictures are", subtype="DIR_PATH", options={"SKIP_SAVE"}
        ),
        "files": bpy.props.CollectionProperty(
            name="Pictures", description="The picture files", type=bpy.types.OperatorFileListElement,
            options={"SKIP_SAVE"},
        ),
    }  # fmt: skip

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


OPERATOR = DRAPE_OT_drop_pictures
