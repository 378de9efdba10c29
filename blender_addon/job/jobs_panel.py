# SPDX-License-Identifier: GPL-3.0-or-later
"""The panel *Jobs* in the sidebar: what waits, what was done, and what it left. It only draws."""

from __future__ import annotations

from pathlib import Path

import bpy
from bpy.app.translations import pgettext_iface as iface_
from bpy.app.translations import pgettext_n as n_

from ..engine.contract.method import methods
from ..engine_client.history import Entry, Status
from ..icons import icon_of
from ..runner import runner
from ..sidebar import Sidebar, in_both_editors
from ..widgets import minutes
from ..wording import worded
from .queue import queue

ROWS = 8  # on a page
ICONS = {
    Status.WAITING: "TIME",
    Status.RUNNING: "PLAY",
    Status.DONE: "CHECKMARK",
    Status.FAILED: "ERROR",
    Status.CANCELLED: "CANCEL",
}

VERDICTS = {"good": n_("Good"), "doubtful": n_("Doubtful"), "collapsed": n_("Collapsed")}


class Jobs(Sidebar):
    """The queue and the history."""

    bl_label = "Jobs"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        """The ways in, the jobs, and how to get rid of them."""
        layout = self.layout
        row = layout.row(align=True)
        row.operator("drape.enqueue", icon="ADD")
        row.operator("drape.queue_pictures", icon="FILE_IMAGE")
        if queue.waiting and not runner.session.busy:
            layout.operator("drape.run_queue", icon="PLAY")
        if count := len(queue.recoverable):
            text = iface_("Recover {:d} Results").format(count)
            layout.operator("drape.recover_results", text=text, icon="RECOVER_LAST", translate=False)
        self._draw_list(context)
        row = layout.row(align=True)
        row.operator("drape.free_memory", icon="MEMORY")
        row.operator("drape.clean_up_jobs", icon="TRASH")

    def _draw_list(self, context: bpy.types.Context) -> None:
        entries = in_sequence(queue.history.entries)
        if not entries:
            return
        first = min(context.window_manager.drape_jobs_page - 1, (len(entries) - 1) // ROWS) * ROWS
        column = self.layout.box().column(align=True)
        for entry in entries[first : first + ROWS]:
            row = column.row(align=True)
            row.template_icon(icon_of(Path(entry.params["picture"])) if entry.params["picture"] else 0, scale=2.0)
            lines = row.column(align=True)
            interrupted = entry.status is Status.RUNNING and not queue.is_running(entry)
            lines.label(text=entry.name, icon="PAUSE" if interrupted else ICONS[entry.status], translate=False)
            lines.label(text=described(entry), icon="BLANK1", translate=False)
            row.operator("drape.job_menu", text="", icon="DOWNARROW_HLT", emboss=False).folder = str(entry.folder)
        if len(entries) > ROWS:
            self.layout.prop(context.window_manager, "drape_jobs_page")


def described(entry: Entry) -> str:
    """How the job is or was done: why it failed; else method and preset, and once it is done time and verdict."""
    if told := worded(entry.message):
        return told
    method = methods()[entry.params["method"]]
    words = [iface_(method.label), iface_(entry.params["preset"].title())]
    if entry.seconds:
        words.append(minutes(sum(entry.seconds.values())))
    return ", ".join((*words, iface_(VERDICTS[entry.verdict])) if entry.verdict in VERDICTS else words)


def in_sequence(entries: list[Entry]) -> list[Entry]:
    """What waits first, the next one on top; then what has begun, the latest on top."""
    waiting = [entry for entry in entries if entry.status is Status.WAITING]
    return waiting + [entry for entry in reversed(entries) if entry.status is not Status.WAITING]


CLASSES = in_both_editors(Jobs)


def register() -> None:
    """Adds the choice of the page."""
    bpy.types.WindowManager.drape_jobs_page = bpy.props.IntProperty(
        name="Page", description="Which page of the jobs is shown", default=1, min=1
    )


def unregister() -> None:
    """Removes it."""
    del bpy.types.WindowManager.drape_jobs_page
