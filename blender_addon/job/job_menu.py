# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be done with a job."""

from __future__ import annotations

import bpy
from bpy.app.translations import pgettext_n as n_

from ..engine_client.history import Entry, Status
from ..engine_client.views import views_of
from .one_job import OneJob
from .queue import queue


class DRAPE_OT_job_menu(OneJob, bpy.types.Operator):
    """See what can be done with this job"""

    bl_idname = "drape.job_menu"
    bl_label = "Job"
    bl_options = {"INTERNAL"}

    def act(self, context: bpy.types.Context, entry: Entry) -> set[str]:
        """Opens the menu."""
        context.window_manager.popup_menu(lambda menu, _: draw(menu.layout, entry), title=entry.name)
        return {"FINISHED"}


def draw(layout: bpy.types.UILayout, entry: Entry) -> None:
    """The entries of the menu for a job."""
    folder, running = str(entry.folder), queue.is_running(entry)
    if entry.status is Status.WAITING:
        for direction, text, icon in (("UP", n_("Do Earlier"), "TRIA_UP"), ("DOWN", n_("Do Later"), "TRIA_DOWN")):
            move = layout.operator("drape.move_job", text=text, icon=icon)
            move.folder, move.direction = folder, direction
    if running:
        layout.operator("drape.cancel", icon="CANCEL")
    elif entry.can_retry:
        layout.operator("drape.retry_job", icon="FILE_REFRESH").folder = folder
        if views := views_of(entry.folder):
            stop = layout.operator("drape.stop_orbit", icon="CHECKMARK")
            stop.folder, stop.views = folder, len(views)
    if entry.has_result:
        layout.operator("drape.import_result", icon="IMPORT").directory = folder
    layout.operator("drape.reuse_settings", icon="PASTEDOWN").folder = folder
    if entry.log.is_file():
        layout.operator("wm.path_open", text="Open Log", icon="TEXT").filepath = str(entry.log)
    if entry.folder.is_dir():
        layout.operator("wm.path_open", text="Open Job Folder", icon="FILE_FOLDER").filepath = folder
    if not running:
        layout.separator()
        layout.operator("drape.remove_job", icon="TRASH").folder = folder


CLASSES = (DRAPE_OT_job_menu,)
