# SPDX-License-Identifier: GPL-3.0-or-later
"""The panels *Reconstruct* and *Advanced* in the sidebar. They only draw."""

from __future__ import annotations

import dataclasses

import bpy
from bpy.app.translations import pgettext_iface as iface_

from ..engine.contract.method import methods
from ..engine_client.estimate import Estimate, estimate
from ..picture.panel import draw_object_name, draw_picture
from ..result import imported
from ..runner import runner
from ..setup.status import draw_failure, draw_set_up, draw_task
from ..sidebar import Sidebar, in_both_editors
from ..widgets import draw_progress, draw_text, minutes, time_left, time_since
from ..wording import worded
from . import preview, start
from .presets import DRAPE_PT_presets
from .queue import queue


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
        draw_set_up(layout)
        draw_picture(layout, chosen, _icon_of_the_picture(layout, chosen))
        layout.prop(chosen, "method")
        layout.prop(chosen, "preset")
        draw_object_name(layout, chosen)
        _draw_work(layout, chosen)
        draw_failure(layout)
        _draw_last_job(layout, context)


class Advanced(Sidebar):
    """What seldom needs changing: what an artist has words for, then what only a researcher has."""

    bl_label = "Advanced"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        """The settings of the method that have an artist's words, how the engine runs, and the rest of the settings."""
        layout, chosen = self.layout, context.scene.drape
        layout.use_property_split = True
        layout.use_property_decorate = False
        fields = dataclasses.fields(methods()[chosen.method].settings)
        mine = getattr(chosen, chosen.method)
        column = layout.column()
        column.prop(chosen, "seed")
        for field in fields:
            if field.metadata["label"]:
                column.prop(mine, field.name)
        clicks = ("points",) if chosen.points or chosen.estimator != "embedded" else ()
        models = set(methods()[chosen.method].models) | ({"guidance"} if chosen.words else set())  # makes the picture
        header, body = layout.panel("drape_models", default_closed=True)
        header.label(text="Models and Device")
        if body:
            for name in (*sorted(models), "estimator", *clicks, "captioner", "device"):
                body.prop(chosen, name)
        header, body = layout.panel("drape_research", default_closed=True)
        header.label(text="For Researchers")
        if body:
            for field in fields:
                if not field.metadata["label"]:
                    row = body.row()
                    row.use_property_split = isinstance(field.default, str)  # names of numbers are long: stand inside
                    row.prop(mine, field.name)


def expected(chosen: bpy.types.PropertyGroup) -> Estimate | None:
    """What the job that the scene describes would take, where this machine has done one like it."""
    request = {**chosen.request(), "prompt": chosen.words}
    resolved = methods()[request["method"]].resolve(request["preset"], request["overrides"])
    return estimate(queue.history.entries, request, dataclasses.asdict(resolved))


def _icon_of_the_picture(layout: bpy.types.UILayout, chosen: bpy.types.PropertyGroup) -> int:
    """The picture, and in its place what the running job shows of its work; 0 where there is neither."""
    if preview.last is not None:
        return preview.last.icon
    return int(layout.icon(chosen.picture)) if chosen.picture else 0


def _draw_work(layout: bpy.types.UILayout, chosen: bpy.types.PropertyGroup) -> None:
    """What the engine is at, or the button; either is one high row and one line, so that nothing below moves."""
    session = runner.session
    if runner.task is not None:
        draw_task(layout)
    elif runner.job_runs:
        time = time_left(session.eta) or time_since(runner.since)
        draw_progress(layout, f"{worded(session.phase)}  {time}", session.progress)
    else:
        button = layout.row()
        button.scale_y = 1.6
        button.operator("drape.reconstruct", icon="MESH_GRID")
        cost = expected(chosen)
        text = iface_("No job like it was done here yet")
        if cost is not None:
            text = iface_("About {} and {:.1f} GB").format(minutes(cost.seconds), cost.memory / 1e9)
        layout.label(text=text, icon="SORTTIME", translate=False)


def _draw_last_job(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    if runner.job_runs:
        return
    if imported.waiting(context):
        box = layout.box()
        draw_text(box, iface_("Result ready"), "CHECKMARK")
        box.operator("drape.import_result", icon="IMPORT")
    elif start.unfinished(context):
        box = layout.box()
        draw_text(box, iface_("The last job is unfinished"), "PAUSE")
        box.operator("drape.resume", icon="PLAY")


CLASSES = in_both_editors(Reconstruct, Advanced)
