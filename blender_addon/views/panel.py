# SPDX-License-Identifier: GPL-3.0-or-later
"""The panel *Views* in the sidebar: how All Round sees the object from each side, and what can be changed. It only
draws.
"""

from __future__ import annotations

from pathlib import Path

import bpy

from ..engine.contract.result_folder import is_complete
from ..engine_client.views import OrbitView, stops_early, views_of
from ..icons import icon_of
from ..job import start
from ..result import origin
from ..runner import runner
from ..sidebar import Sidebar, in_both_editors
from . import view_painting
from .view_names import named

SCALE = 3.4  # of the pictures


class Views(Sidebar):
    """The views of the running job, else of the active result, else of the job that was left unfinished."""

    bl_label = "Views"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """There are some."""
        return shown_job(context) is not None

    def draw(self, context: bpy.types.Context) -> None:
        """Each with its picture, its mask and what can be done with it; then what can be done with all of them."""
        layout, folder = self.layout, shown_job(context)
        if folder is None:  # deleted since poll
            return
        views = views_of(folder)
        running = runner.job_runs
        unfinished = running or not is_complete(folder)
        for view in views:
            row = layout.row(align=True)
            for picture in (view.color, view.mask):
                row.template_icon(icon_of(picture), scale=SCALE)
            column = row.column(align=True)
            column.label(text=named(view.azimuth, view.elevation), translate=False)
            if view.number and not running:
                _draw_choices(column, str(folder), view)
        if unfinished:
            stop = layout.operator("drape.stop_orbit", icon="CHECKMARK")
            stop.folder, stop.views = str(folder), len(views)
        if not running and (unfinished or stops_early(folder)):
            layout.operator("drape.stop_orbit", text="Go All Round", icon="FORWARD").folder = str(folder)


def _draw_choices(column: bpy.types.UILayout, folder: str, view: OrbitView) -> None:
    row = column.row(align=True)
    for name, icon in (("paint_another", "FILE_REFRESH"), ("paint_view", "BRUSH_DATA"), ("replace_view", "FILE_IMAGE")):
        button = row.operator(f"drape.{name}", text="", icon=icon)
        button.folder, button.view = folder, view.number
    stop = row.operator("drape.stop_orbit", text="", icon="TRASH")
    stop.folder, stop.views = folder, view.number
    if (painting := view_painting.of(view)) is not None:
        use = column.operator("drape.replace_view", text="Use Painting", icon="CHECKMARK")
        use.folder, use.view, use.image = folder, view.number, painting.name


def shown_job(context: bpy.types.Context) -> Path | None:
    """The folder of the job that the panel is about; None where there are no views to show."""
    if runner.job_runs:
        folders = [runner.session.folder]
    else:
        result = context.object[origin.JOB] if not origin.why_no_result(context) else None
        folders = [Path(result) if result else None, start.unfinished(context)]
    return next((folder for folder in folders if folder is not None and views_of(folder)), None)


CLASSES = in_both_editors(Views)
