# SPDX-License-Identifier: GPL-3.0-or-later
"""The panels *Result* and *Export* in the sidebar: what can be done with the active object. They only draw."""

from __future__ import annotations

import bpy
from bpy.app.translations import pgettext_iface as iface_

from . import material, result_import
from .sidebar import Sidebar, in_both_editors
from .widgets import draw_text

VERDICTS = {
    "good": ("Good result", "CHECKMARK"),
    "doubtful": ("Doubtful result: look at it from the side", "QUESTION"),
    "collapsed": ("The texture collapsed, so the shape is not to be trusted. Another seed often helps", "ERROR"),
}


class Result(Sidebar):
    """The active object, where it is a result."""

    bl_label = "Result"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """The active object came from a job."""
        return not result_import.why_no_result(context)

    def draw(self, context: bpy.types.Context) -> None:
        """How good it is, the switch between picture and checkerboard, and its figures."""
        layout, made = self.layout, context.object
        verdict = made.get(result_import.VERDICT, "")
        text, icon = VERDICTS.get(verdict, (verdict, "NONE"))
        draw_text(layout, iface_(text), icon)
        if verdict == "collapsed":
            layout.operator("drape.another_seed", icon="FILE_REFRESH")
        showing = material.shown(made.active_material) == material.VIRTUAL_TEXTURE
        layout.operator("drape.toggle_virtual_texture", icon="TEXTURE", depress=showing)
        layout.operator("wm.path_open", text="Open Job Folder", icon="FILE_FOLDER").filepath = made[result_import.JOB]
        header, body = layout.panel("drape_quality", default_closed=True)
        header.label(text="Quality")
        if body:
            for name, value in made.get(result_import.QUALITY, {}).items():
                row = body.split(factor=0.6)
                row.label(text=name.replace("_", " ").capitalize())
                row.label(text=f"{value:.4g}", translate=False)


class Export(Sidebar):
    """The active object, on its way out."""

    bl_label = "Export"
    bl_options = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """The active object is a mesh."""
        return context.object is not None and context.object.type == "MESH"

    def draw(self, _: bpy.types.Context) -> None:
        """Files, and asset libraries."""
        layout = self.layout
        layout.operator("drape.export", text="Export File", icon="EXPORT")
        column = layout.column(align=True)
        column.operator("drape.mark_asset", icon="ASSET_MANAGER")
        column.operator_menu_enum("drape.save_to_library", "library", icon="BLENDER")


PANELS = in_both_editors(Result, Export)


def register() -> None:
    """Adds the panels."""
    for cls in PANELS:
        bpy.utils.register_class(cls)


def unregister() -> None:
    """Removes them."""
    for cls in reversed(PANELS):
        bpy.utils.unregister_class(cls)
