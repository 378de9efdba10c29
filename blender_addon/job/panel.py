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
from ..setup.environment import preferences
from ..setup.status import draw_failure, draw_set_up, draw_task
from ..sidebar import Sidebar, in_both_editors
from ..widgets import draw_progress, draw_text, time_left
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
        draw_picture(layout, chosen)
        layout.prop(chosen, "method")
        layout.prop(chosen, "preset")
        draw_object_name(layout, chosen)
        draw_task(layout)
        session = runner.session
        if runner.job_runs:
            left = time_left(session.eta)
            phase = worded(session.phase)
            draw_progress(layout, f"{phase}  {left}" if left else phase, session.progress)
            if preview.last is not None:
                layout.template_icon(preview.last.icon, scale=8.0)
                layout.prop(preferences(), "viewport_preview")
        elif runner.task is None:
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
        models = set(methods()[chosen.method].models) | ({"guidance"} if chosen.words else set())  # makes the picture
        for name in ("seed", *sorted(models), "estimator", *clicks, "captioner", "device"):
            column.prop(chosen, name)
        column = layout.column()
        for field in dataclasses.fields(methods()[chosen.method].settings):
            row = column.row()
            row.use_property_split = isinstance(field.default, str)  # names of numbers are long: they stand inside
            row.prop(getattr(chosen, chosen.method), field.name)


def expected(chosen: bpy.types.PropertyGroup) -> Estimate | None:
    """What the job that the scene describes would take, where this machine has done one like it."""
    request = {**chosen.request(), "prompt": chosen.words}
    resolved = methods()[request["method"]].resolve(request["preset"], request["overrides"])
    return estimate(queue.history.entries, request, dataclasses.asdict(resolved))


def _draw_estimate(layout: bpy.types.UILayout, chosen: bpy.types.PropertyGroup) -> None:
    if (cost := expected(chosen)) is not None:
        minutes, seconds = divmod(round(cost.seconds), 60)
        text = iface_("About {} and {:.1f} GB, by the last jobs")
        draw_text(layout, text.format(f"{minutes:d}:{seconds:02d}", cost.memory / 1e9), "SORTTIME")


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
