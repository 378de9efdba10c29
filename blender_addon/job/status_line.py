# SPDX-License-Identifier: GPL-3.0-or-later
"""A line in Blender's status bar when a job has ended, for a while."""

from __future__ import annotations

import bpy
from bpy.app.translations import pgettext_iface as iface_

from ..engine_client.session import State
from ..runner import runner
from ..wording import worded
from .queue import queue

SECONDS = 60.0
shown = ("", "NONE")  # text and icon


def show(text: str, icon: str) -> None:
    """Shows `text`, in place of an earlier one."""
    global shown
    hide()
    shown = text, icon
    bpy.types.STATUSBAR_HT_header.append(draw)
    bpy.app.timers.register(hide, first_interval=SECONDS, persistent=True)


def hide() -> None:
    """Leaves the status bar as it was."""
    global shown
    if shown[0]:
        shown = "", "NONE"
        bpy.types.STATUSBAR_HT_header.remove(draw)
    if bpy.app.timers.is_registered(hide):
        bpy.app.timers.unregister(hide)


def draw(header: bpy.types.Header, _: bpy.types.Context) -> None:
    """The line."""
    text, icon = shown
    header.layout.label(text=text, icon=icon, translate=False)


def line() -> tuple[str, str] | None:
    """Text and icon for how the job has ended; None where the artist has ended it herself."""
    entry, state = queue.last, runner.session.state
    if entry is not None and state is State.DONE:
        return iface_("Drape: '{}' is done").format(entry.name), "CHECKMARK"
    if entry is not None and state is State.FAILED:
        return iface_("Drape: '{}' failed. {}").format(entry.name, worded(runner.failure.message)), "ERROR"
    return None


def job_ended() -> None:
    """Tells it, where there is a window; what an earlier job's end has told goes."""
    hide()
    if not bpy.app.background and (found := line()) is not None:
        show(*found)


def unregister() -> None:
    """Leaves nothing in the status bar."""
    hide()
