# SPDX-License-Identifier: GPL-3.0-or-later
"""Export Result."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import bpy
from bpy_extras.io_utils import ExportHelper

from .. import material, result_import


class DRAPE_OT_export(bpy.types.Operator, ExportHelper):
    """Write the active result, with the picture as its texture, to a file for other programs"""

    bl_idname = "drape.export"
    bl_label = "Export Result"
    bl_options = {"REGISTER"}

    __annotations__ = {
        "file_format": bpy.props.EnumProperty(
            name="Format",
            description="What kind of file to write",
            items=[
                ("GLB", "glTF Binary (.glb)", "One file with mesh, material and texture"),
                ("OBJ", "Wavefront (.obj)", "Mesh, material and texture as files of their own"),
            ],
        ),
        "filter_glob": bpy.props.StringProperty(default="*.glb;*.obj", options={"HIDDEN"}),
    }

    @property
    def filename_ext(self) -> str:
        """The ending that the chosen format has."""
        return f".{self.file_format.lower()}"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """A result is active."""
        reason = ""
        if context.mode != "OBJECT":
            reason = "Leave edit, sculpt or paint mode first"
        elif context.object is None or result_import.JOB not in context.object:
            reason = "Select a result of Drape first"
        cls.poll_message_set(reason)
        return not reason

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Asks for the file, named after the object."""
        self.filepath = str(Path(bpy.path.abspath("//") or Path.home(), f"{context.object.name}{self.filename_ext}"))
        return ExportHelper.invoke(self, context, event)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Writes by Blender's own exporter."""
        path = str(Path(self.filepath).with_suffix(self.filename_ext))
        with _alone(context), _showing_the_picture(context.object.active_material):
            if self.file_format == "GLB":
                bpy.ops.export_scene.gltf(filepath=path, export_format="GLB", use_selection=True)
            else:
                bpy.ops.wm.obj_export(filepath=path, export_selected_objects=True, path_mode="COPY")
        self.report({"INFO"}, f"Written to '{path}'")
        return {"FINISHED"}


@contextmanager
def _alone(context: bpy.types.Context) -> Iterator[None]:
    """Only the active object is selected."""
    others = [other for other in context.selected_objects if other != context.object]
    was_selected = context.object.select_get()
    for other in others:
        other.select_set(False)
    context.object.select_set(True)
    try:
        yield
    finally:
        context.object.select_set(was_selected)
        for other in others:
            other.select_set(True)


@contextmanager
def _showing_the_picture(mine: bpy.types.Material) -> Iterator[None]:
    """The exporters write what feeds the base colour."""
    if (before := material.shown(mine)) is None:
        yield
        return
    material.show(mine, material.PICTURE)
    try:
        yield
    finally:
        material.show(mine, before)


OPERATOR = DRAPE_OT_export
