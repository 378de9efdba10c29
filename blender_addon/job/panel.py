# SPDX-License-Identifier: GPL-3.0-or-later
"""The panels *Reconstruct*, *Advanced* and *Into the Scene* in the sidebar. They only draw."""

from __future__ import annotations

import dataclasses

import bpy
from bpy.app.translations import pgettext_iface as iface_

from ..engine.contract import settings
from ..engine_client.estimate import Estimate, estimate
from ..engine_client.session import State
from ..result.import_result import draw_in_menu
from ..runner import watch
from ..setup import preferences
from ..setup.preferences import engine_python
from ..sidebar import Sidebar, in_both_editors
from ..widgets import draw_failure, draw_progress, draw_task, draw_text, has_operator, time_left
from ..wording import worded
from . import preview, start
from .presets_panel import DRAPE_PT_presets
from .queue import queue

MODELS = {"dreamtexture": ("guidance",), "pop3d": ("outpainter",)}  # fields of a job that the other doesn't ask


class Reconstruct(Sidebar):
    """From a picture to a mesh."""

    bl_label = "Reconstruct"

    def draw_header_preset(self, _: bpy.types.Context) -> None:
        """The presets."""
        DRAPE_PT_presets.draw_panel_header(self.layout)

    def draw(self, context: bpy.types.Context) -> None:
        """What to reconstruct, the button, and what became of it."""
        layout, chosen = self.layout, context.scene.drape
        layout.use_property_split = True
        layout.use_property_decorate = False
        _draw_set_up(layout)
        layout.template_ID(chosen, "picture", open="image.open", text="Picture")
        if not chosen.picture:
            layout.prop(chosen, "prompt", placeholder="A soccer ball")
        layout.template_ID(chosen, "mask", open="image.open", text="Mask")
        _draw_mask_tools(layout, chosen)
        layout.prop(chosen, "method")
        layout.prop(chosen, "preset")
        if chosen.picture:
            row = layout.row(align=True)
            row.prop(chosen, "object_name", placeholder="Mug")
            row.operator("drape.name_object", text="", icon="OUTLINER_OB_FONT")
        draw_task(layout)
        session = watch.session
        if session.state is State.RUNNING:
            left = time_left(session.eta)
            phase = worded(session.phase)
            draw_progress(layout, f"{phase}  {left}" if left else phase, session.progress)
            if preview.last is not None:
                layout.template_icon(preview.last.icon, scale=8.0)
                layout.prop(preferences.current(), "viewport_preview")
        elif watch.task is None:
            button = layout.row()
            button.scale_y = 1.6
            button.operator("drape.reconstruct", icon="MESH_GRID")
            _draw_estimate(layout, chosen)
        draw_failure(layout)
        _draw_last_job(layout, context)


class Advanced(Sidebar):
    """What seldom needs changing."""

    bl_label = "Advanced"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        """How the engine runs, then the settings of the method."""
        layout, chosen = self.layout, context.scene.drape
        layout.use_property_split = True
        layout.use_property_decorate = False
        column = layout.column()
        clicks = ("points",) if chosen.points or chosen.estimator != "embedded" else ()
        models = set(MODELS[chosen.method]) | ({"guidance"} if chosen.words else set())  # which makes the picture
        for name in ("seed", *sorted(models), "estimator", *clicks, "captioner", "device"):
            column.prop(chosen, name)
        column = layout.column()
        for field in dataclasses.fields(settings.METHODS[chosen.method]):
            row = column.row()
            row.use_property_split = isinstance(field.default, str)  # names of numbers are long: they stand inside
            row.prop(getattr(chosen, chosen.method), field.name)


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


def _draw_set_up(layout: bpy.types.UILayout) -> None:
    if engine_python().is_file() or watch.task is not None:
        return
    box = layout.box()
    draw_text(box, iface_("The engine is not set up yet."), "INFO")
    if has_operator("set_up_engine"):
        box.operator("drape.set_up_engine", icon="IMPORT")
    else:
        box.operator("drape.copy_set_up_command", icon="COPYDOWN")
    box.operator("preferences.addon_show", text="Open Preferences", icon="PREFERENCES").module = preferences.EXTENSION


def _draw_mask_tools(layout: bpy.types.UILayout, chosen: bpy.types.PropertyGroup) -> None:
    row = layout.row(align=True)
    row.operator("drape.show_cutout", icon="IMAGE_ALPHA")
    if chosen.mask is None:
        row.operator("drape.paint_mask", icon="BRUSH_DATA")
        return
    row.operator("drape.pick_object", icon="EYEDROPPER")
    row = layout.row(align=True)
    row.operator("drape.paint_mask", text="Add", icon="BRUSH_DATA").brush = "ADD"
    row.operator("drape.paint_mask", text="Subtract", icon="BRUSH_DATA").brush = "SUBTRACT"


def expected(chosen: bpy.types.PropertyGroup) -> Estimate | None:
    """What the job that the scene describes would take, where this machine has done one like it."""
    request = {**chosen.request(), "prompt": chosen.words}
    resolved = settings.resolve(request["method"], request["preset"], request["overrides"])
    return estimate(queue.history.entries, request, dataclasses.asdict(resolved))


def _draw_estimate(layout: bpy.types.UILayout, chosen: bpy.types.PropertyGroup) -> None:
    if (known := expected(chosen)) is not None:
        minutes, seconds = divmod(round(known.seconds), 60)
        text = iface_("About {} and {:.1f} GB, by the last jobs")
        draw_text(layout, text.format(f"{minutes:d}:{seconds:02d}", known.memory / 1e9), "SORTTIME")


def _draw_last_job(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    if watch.session.state is State.RUNNING:
        return
    if start.waiting(context):
        box = layout.box()
        draw_text(box, iface_("Result ready"), "CHECKMARK")
        box.operator("drape.import_result", icon="IMPORT")
    elif start.unfinished(context):
        box = layout.box()
        draw_text(box, iface_("The last job is unfinished"), "PAUSE")
        box.operator("drape.resume", icon="PLAY")


CLASSES = in_both_editors(Reconstruct, Advanced, IntoTheScene)


def register() -> None:
    """Adds the entry in File > Import."""
    bpy.types.TOPBAR_MT_file_import.append(draw_in_menu)


def unregister() -> None:
    """Removes it."""
    bpy.types.TOPBAR_MT_file_import.remove(draw_in_menu)
