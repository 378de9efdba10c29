# SPDX-License-Identifier: GPL-3.0-or-later
"""Copy Report."""

from __future__ import annotations

import platform
from pathlib import Path

import bpy

from ..runner import runner
from .environment import engine_python

LINES_OF_LOG = 100


class DRAPE_OT_copy_report(bpy.types.Operator):
    """Copy what went wrong, with versions and the end of the log, to paste into a report"""

    bl_idname = "drape.copy_report"
    bl_label = "Copy Report"
    bl_options = {"INTERNAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Fills the clipboard."""
        context.window_manager.clipboard = report()
        self.report({"INFO"}, "The report is in the clipboard")
        return {"FINISHED"}


def report() -> str:
    """The last failure, the versions and the end of its log, in English: whoever gets it may not read hers."""
    failure = runner.failure
    lines = [
        failure.message.text,
        failure.message.hint,
        f"Blender {bpy.app.version_string}, {platform.platform()}, engine {engine_python()}",
        *(f"{'ok' if check['ok'] else 'NO'} {check['name']}: {check['found']}" for check in runner.checks),
    ]
    if failure.log and (log := Path(failure.log)).is_file():
        lines += [failure.log, *log.read_text(encoding="utf-8", errors="replace").splitlines()[-LINES_OF_LOG:]]
    return "\n".join(filter(None, lines))


CLASSES = (DRAPE_OT_copy_report,)
