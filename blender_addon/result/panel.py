# SPDX-License-Identifier: GPL-3.0-or-later
"""The panels *Result* and *Export* in the sidebar: what can be done with the active object. They only draw."""

from __future__ import annotations

from pathlib import Path

import bpy
from bpy.app.translations import pgettext_iface as iface_
from bpy.app.translations import pgettext_n as n_

from ..sidebar import Sidebar, in_both_editors
from ..widgets import draw_text
from . import material, scene_object, turntable
from .add_thickness import MODIFIER as THICKNESS

VERDICTS = {
    "good": (n_("Good result"), "CHECKMARK"),
    "doubtful": (n_("Doubtful result: look at it from the side"), "QUESTION"),
    "collapsed": (n_("The texture collapsed, so the shape is not to be trusted. Another seed often helps"), "ERROR"),
}


LOOKS = ((material.PICTURE, n_("Picture")), (material.VIRTUAL_TEXTURE, n_("Checker")), (material.BLEND, n_("Blend")))


class Result(Sidebar):
    """The active object, where it is a result."""

    bl_label = "Result"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """The active object came from a job."""
        return not scene_object.why_no_result(context)

    def draw(self, context: bpy.types.Context) -> None:
        """How good it is, how it looks, what belongs to it, and its figures."""
        layout, made = self.layout, context.object
        verdict = made.get(scene_object.VERDICT, "")
        text, icon = VERDICTS.get(verdict, (verdict, "NONE"))
        draw_text(layout, iface_(text), icon)
        if verdict in ("collapsed", "doubtful"):
            row = layout.row(align=True)
            row.operator("drape.another_seed", icon="FILE_REFRESH")
            row.operator("drape.mend_mask", icon="BRUSH_DATA")
        _draw_look(layout, made)
        _draw_turntable(layout, context.window_manager, Path(made[scene_object.JOB]))
        _draw_thickness(layout, made)
        layout.operator("drape.add_camera", icon="CAMERA_DATA")
        if made.get(scene_object.METHOD) == "pop3d":
            layout.operator("drape.add_view_cameras", icon="OUTLINER_OB_CAMERA")
        layout.operator_menu_enum("drape.send_to_scene", "scene", icon="SCENE_DATA")
        layout.operator("wm.path_open", text="Open Job Folder", icon="FILE_FOLDER").filepath = made[scene_object.JOB]
        header, body = layout.panel("drape_quality", default_closed=True)
        header.label(text="Quality")
        if body:
            for name, value in made.get(scene_object.QUALITY, {}).items():
                row = body.split(factor=0.6)
                row.label(text=name.replace("_", " ").capitalize())
                row.label(text=f"{value:.4g}", translate=False)


def _draw_look(layout: bpy.types.UILayout, made: bpy.types.Object) -> None:
    """What the material shows, and how faces are shaded."""
    column = layout.column(align=True)
    if (shown := material.shown(made.active_material)) is not None:
        row = column.row(align=True)
        for content, text in LOOKS:
            row.operator("drape.show_texture", text=iface_(text), depress=shown == content).content = content
        if material.tells_confidence(made.active_material):
            whole = column.operator("drape.show_texture", text="Confidence", depress=shown == material.CONFIDENCE)
            whole.content = material.CONFIDENCE
        if shown == material.BLEND:
            column.prop(material.share_of_picture(made.active_material), "default_value", text="Picture", slider=True)
        if shown == material.CONFIDENCE:
            draw_text(column, iface_("Yellow is sure, blue a guess; what the picture doesn't show is one"), "INFO")
    smooth = made.data.polygons[0].use_smooth if len(made.data.polygons) else True
    row = column.row(align=True)
    row.operator("object.shade_smooth", text="Smooth", depress=smooth)
    row.operator("object.shade_flat", text="Faceted", depress=not smooth)


def _draw_turntable(layout: bpy.types.UILayout, manager: bpy.types.WindowManager, job: Path) -> None:
    layout.prop(manager, "drape_turntable", icon="PLAY", toggle=True)
    if manager.drape_turntable:
        if icon := turntable.icon_of(job):
            layout.template_icon(icon, scale=10.0)
        else:
            draw_text(layout, iface_("The pictures of it are gone with the job folder"), "INFO")


def _draw_thickness(layout: bpy.types.UILayout, made: bpy.types.Object) -> None:
    modifier = made.modifiers.get(THICKNESS)
    if modifier is None:
        layout.operator("drape.add_thickness", icon="MOD_SOLIDIFY")
        return
    row = layout.row(align=True)
    row.prop(modifier, "thickness")
    row.operator("object.modifier_remove", text="", icon="X").modifier = THICKNESS


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


CLASSES = in_both_editors(Result, Export)
