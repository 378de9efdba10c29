# SPDX-License-Identifier: GPL-3.0-or-later
"""The panels *Result* and *Into the Scene* in the sidebar. They only draw."""

from __future__ import annotations

from pathlib import Path

import bpy
from bpy.app.translations import pgettext_iface as iface_
from bpy.app.translations import pgettext_n as n_

from ..setup.environment import preferences
from ..sidebar import Sidebar, in_both_editors
from ..widgets import draw_text
from . import material, origin, reasons, turntable
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
        return not origin.why_no_result(context)

    def draw(self, context: bpy.types.Context) -> None:
        """How good it is, how it looks, what belongs to it, and its figures."""
        layout, obj = self.layout, context.object
        verdict = obj.get(origin.VERDICT, "")
        text, icon = VERDICTS.get(verdict, (verdict, "NONE"))
        draw_text(layout, iface_(text), icon)
        reasons.draw(layout, obj)
        if verdict in ("collapsed", "doubtful"):
            row = layout.row(align=True)
            row.operator("drape.another_seed", icon="FILE_REFRESH")
            row.operator("drape.mend_mask", icon="BRUSH_DATA")
        _draw_look(layout, obj, context.space_data)
        _draw_turntable(layout, context.window_manager, obj)
        _draw_thickness(layout, obj)
        layout.operator("drape.add_camera", icon="CAMERA_DATA")
        if origin.method_of(obj).views:
            layout.operator("drape.add_view_cameras", icon="OUTLINER_OB_CAMERA")
        layout.operator_menu_enum("drape.send_to_scene", "scene", icon="SCENE_DATA")
        layout.operator("wm.path_open", text="Open Job Folder", icon="FILE_FOLDER").filepath = obj[origin.JOB]
        header, body = layout.panel("drape_quality", default_closed=True)
        header.label(text="Quality")
        if body:
            for name, value in obj.get(origin.QUALITY, {}).items():
                row = body.split(factor=0.6)
                row.label(text=name.replace("_", " ").capitalize())
                row.label(text=f"{value:.4g}", translate=False)


def _draw_look(layout: bpy.types.UILayout, obj: bpy.types.Object, space: bpy.types.Space) -> None:
    """What the material shows, and how faces are shaded."""
    if space.type == "VIEW_3D" and space.shading.type == "SOLID" and space.shading.color_type != "TEXTURE":
        textured = layout.operator("wm.context_set_enum", text="Show Textures in the Viewport", icon="TEXTURE")
        textured.data_path, textured.value = "space_data.shading.color_type", "TEXTURE"
    column = layout.column(align=True)
    if (shown := material.shown(obj.active_material)) is not None:
        row = column.row(align=True)
        for content, text in LOOKS:
            row.operator("drape.show_texture", text=iface_(text), depress=shown == content).content = content
        if material.tells_confidence(obj.active_material):
            whole = column.operator("drape.show_texture", text="Confidence", depress=shown == material.CONFIDENCE)
            whole.content = material.CONFIDENCE
        if shown == material.BLEND:
            column.prop(material.share_of_picture(obj.active_material), "default_value", text="Picture", slider=True)
        if shown == material.CONFIDENCE:
            draw_text(column, iface_("Yellow is sure, blue a guess; what the picture doesn't show is one"), "INFO")
    smooth = obj.data.polygons[0].use_smooth if len(obj.data.polygons) else True
    row = column.row(align=True)
    row.operator("object.shade_smooth", text="Smooth", depress=smooth)
    row.operator("object.shade_flat", text="Faceted", depress=not smooth)


def _draw_turntable(layout: bpy.types.UILayout, manager: bpy.types.WindowManager, obj: bpy.types.Object) -> None:
    layout.prop(manager, "drape_turntable", icon="PLAY", toggle=True)
    if manager.drape_turntable:
        if icon := turntable.icon_of(Path(obj[origin.JOB]), closed=origin.method_of(obj).closed):
            layout.template_icon(icon, scale=10.0)
        else:
            draw_text(layout, iface_("The pictures of it are gone with the job folder"), "INFO")


def _draw_thickness(layout: bpy.types.UILayout, obj: bpy.types.Object) -> None:
    modifier = obj.modifiers.get(THICKNESS)
    if modifier is None:
        column = layout.column(align=True)
        column.operator("drape.close_back", icon="MOD_MIRROR")
        column.operator("drape.add_thickness", icon="MOD_SOLIDIFY")
        return
    row = layout.row(align=True)
    row.prop(modifier, "thickness")
    row.operator("object.modifier_remove", text="", icon="X").modifier = THICKNESS


class IntoTheScene(Sidebar):
    """What becomes of a result."""

    bl_label = "Into the Scene"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        """Where it stands, how it looks, and what it replaces."""
        layout, options = self.layout, context.scene.drape_import
        layout.use_property_split = True
        layout.use_property_decorate = False
        column = layout.column()
        for name in ("placement", "scale", "shading", "replace", "camera"):
            column.prop(options, name)
        column.prop(preferences(), "viewport_preview")


CLASSES = in_both_editors(IntoTheScene, Result)
