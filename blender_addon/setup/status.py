# SPDX-License-Identifier: GPL-3.0-or-later
"""How the engine does, drawn for panels and preferences: its set-up, its task, and what went wrong."""

from __future__ import annotations

import bpy
from bpy.app.translations import pgettext_iface as iface_

from ..engine.contract.messages import Message
from ..runner import NO_FAILURE, runner
from ..widgets import draw_progress, draw_text, time_since
from ..wording import worded, worded_hint
from .environment import EXTENSION, engine_python, why_offline


def has_operator(name: str) -> bool:
    """Whether this build of the extension has the operator `drape.<name>`."""
    return hasattr(bpy.types, f"DRAPE_OT_{name}")


def draw_set_up(layout: bpy.types.UILayout) -> None:
    """The ways to set the engine up, while it isn't."""
    if engine_python().is_file() or runner.task is not None:
        return
    box = layout.box()
    draw_text(box, worded(Message("not-set-up")), "INFO")
    if has_operator("set_up_engine"):
        if reason := why_offline(bpy.context):
            draw_text(box, iface_(reason), "ERROR")
            if not bpy.app.online_access_override:
                show = box.operator("screen.userpref_show", text="Open System Preferences", icon="PREFERENCES")
                show.section = "SYSTEM"
        box.operator("drape.set_up_engine", icon="IMPORT")
    else:
        box.operator("drape.copy_set_up_command", icon="COPYDOWN")
    box.operator("preferences.addon_show", text="Open Preferences", icon="PREFERENCES").module = EXTENSION


def draw_task(layout: bpy.types.UILayout) -> None:
    """The running task, if there is one."""
    if runner.task is not None:
        title, phase = iface_(runner.task.title), worded(runner.task.phase)
        text = f"{title}: {phase}" if phase else title
        draw_progress(layout, f"{text}  {time_since(runner.since)}", runner.task.progress)


def draw_failure(layout: bpy.types.UILayout) -> None:
    """What went wrong last, what to do about it, and where to read more."""
    failure = runner.failure
    if failure == NO_FAILURE or runner.job_runs:
        return
    box = layout.box()
    draw_text(box, worded(failure.message), "ERROR")
    if hint := worded_hint(failure.message):
        draw_text(box, hint, "INFO")
    row = box.row(align=True)
    if failure.log:
        row.operator("wm.path_open", text="Open Log", icon="TEXT").filepath = failure.log
    row.operator("drape.copy_report", icon="COPYDOWN")
    box.operator("drape.check_engine", icon="VIEWZOOM")
    draw_checks(box)


def draw_checks(layout: bpy.types.UILayout) -> None:
    """What *Check Engine* has found."""
    if not runner.checks or runner.checked != engine_python():
        return
    box = layout.box()
    for check in runner.checks:
        draw_text(box, f"{check['name']}: {check['found']}", "CHECKMARK" if check["ok"] else "ERROR")
        if not check["ok"]:
            draw_text(box, check["hint"], "BLANK1")
