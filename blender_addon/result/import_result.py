# SPDX-License-Identifier: GPL-3.0-or-later
"""Import Result."""

from __future__ import annotations

from pathlib import Path

import bpy
from bpy.app.translations import pgettext_iface as iface_

from ..polls import unless
from ..wording import told
from . import files, imported, placement, scene_object


class DRAPE_OT_import_result(bpy.types.Operator):
    """Add the result of a job to the scene: mesh, both UV layers, material with packed textures"""

    bl_idname = "drape.import_result"
    bl_label = "Import Result"
    bl_options = {"REGISTER", "UNDO"}

    __annotations__ = {
        # The file browser knows these two by their names.
        "directory": bpy.props.StringProperty(
            name="Job Folder",
            description="Folder with the result; empty: the last job's",
            subtype="DIR_PATH",
            options={"SKIP_SAVE"},
        ),
        "filter_folder": bpy.props.BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"}),
        "select": bpy.props.BoolProperty(
            name="Select", description="Whether it gets selected", default=True, options={"HIDDEN", "SKIP_SAVE"}
        ),
    }

    poll = unless(scene_object.why_not_now)

    def invoke(self, context: bpy.types.Context, _: bpy.types.Event) -> set[str]:
        """Asks for a folder unless one is given or a result is waiting."""
        if self.directory or imported.waiting(context):
            return self.execute(context)
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Reads and checks the folder, then adds the object."""
        folder = Path(bpy.path.abspath(self.directory)) if self.directory else imported.waiting(context)
        if folder is None:
            self.report({"ERROR"}, "No result is waiting; name the folder of a job.")
            return {"CANCELLED"}
        try:
            result = files.read(folder)
        except files.ResultError as error:
            self.report({"ERROR"}, told(error))
            return {"CANCELLED"}
        earlier = placement.previous(context, result.name) if context.scene.drape_import.replace else None
        obj = scene_object.add_object(context, result, select=self.select)
        if earlier not in (None, obj):
            self.report({"INFO"}, iface_("'{}' was changed by hand, so it stays").format(earlier.name))
        self.report({"INFO"}, f"'{obj.name}': {len(result.faces)} faces, {result.verdict}")
        return {"FINISHED"}


def draw_in_menu(menu: bpy.types.Menu, _: bpy.types.Context) -> None:
    """The entry in File > Import."""
    menu.layout.operator(DRAPE_OT_import_result.bl_idname, text="Drape Result (job folder)")


CLASSES = (DRAPE_OT_import_result,)


def register() -> None:
    """Adds the entry in File > Import."""
    bpy.types.TOPBAR_MT_file_import.append(draw_in_menu)


def unregister() -> None:
    """Removes it."""
    bpy.types.TOPBAR_MT_file_import.remove(draw_in_menu)
