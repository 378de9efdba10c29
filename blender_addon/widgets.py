# SPDX-License-Identifier: GPL-3.0-or-later
"""Pieces of layout that panels and preferences share."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence

import bpy
from bpy.app.translations import pgettext_iface as iface_

from .engine_client.session import State
from .export.mesh_checks import Check
from .runner import NO_FAILURE, watch
from .wording import worded, worded_hint

PIXELS_A_LETTER = 7.0


def has_operator(name: str) -> bool:
    """Whether this build of the extension has the operator `drape.<name>`."""
    return hasattr(bpy.types, f"DRAPE_OT_{name}")


def draw_text(layout: bpy.types.UILayout, text: str, icon: str = "NONE") -> None:
    """`text` in as many lines as the region is too narrow for."""
    width = bpy.context.region.width / (PIXELS_A_LETTER * bpy.context.preferences.system.ui_scale)
    column = layout.column(align=True)
    column.scale_y = 0.8
    for number, line in enumerate(textwrap.wrap(text, max(20, int(width) - 6))):
        column.label(text=line, icon=icon if number == 0 else "BLANK1" if icon != "NONE" else "NONE", translate=False)


def draw_progress(layout: bpy.types.UILayout, text: str, factor: float) -> None:
    """A bar that is full at `factor` 1, and the way to stop it."""
    row = layout.row(align=True)
    row.scale_y = 1.6
    row.progress(factor=factor, text=text)
    row.operator("drape.cancel", text="", icon="CANCEL")


def draw_task(layout: bpy.types.UILayout) -> None:
    """The running task, if there is one."""
    if watch.task is not None:
        phase = worded(watch.task.phase)
        text = iface_(watch.task.title)
        draw_progress(layout, f"{text}: {phase}" if phase else text, watch.task.progress)


def draw_failure(layout: bpy.types.UILayout) -> None:
    """What went wrong last, what to do about it, and where to read more."""
    failure = watch.failure
    if failure == NO_FAILURE or watch.session.state is State.RUNNING:
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
    if not watch.checks:
        return
    box = layout.box()
    for check in watch.checks:
        draw_text(box, f"{check['name']}: {check['found']}", "CHECKMARK" if check["ok"] else "ERROR")
        if not check["ok"]:
            draw_text(box, check["hint"], "BLANK1")


def time_left(seconds: float | None) -> str:
    """Such as "1:05 left"; empty while it isn't known."""
    if seconds is None:
        return ""
    minutes, rest = divmod(math.ceil(seconds), 60)
    return iface_("{:d}:{:02d} left").format(minutes, rest)


def draw_checked(layout: bpy.types.UILayout, checks: Sequence[Check]) -> None:
    """What was looked at before an export, and how it was found."""
    if checks:
        box = layout.box()
        for check in checks:
            draw_text(box, check.text, "CHECKMARK" if check.good else "ERROR")
