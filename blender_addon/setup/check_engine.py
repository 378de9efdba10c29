# SPDX-License-Identifier: GPL-3.0-or-later
"""Check Engine."""

from __future__ import annotations

from typing import TypedDict

import bpy
from bpy.app.translations import pgettext_n as n_

from ..engine.contract.records import parse
from ..engine_client.task import Task
from ..polls import unless
from ..runner import runner, why_busy
from .environment import launch, why_not_set_up


class Check(TypedDict):
    """What the doctor says of one thing."""

    name: str
    ok: bool
    found: str
    hint: str


class DRAPE_OT_check_engine(bpy.types.Operator):
    """See whether the engine can do its work, on which device, and what to do if it can't"""

    bl_idname = "drape.check_engine"
    bl_label = "Check Engine"
    bl_options = {"INTERNAL"}

    poll = unless(why_busy, why_not_set_up)

    def execute(self, _: bpy.types.Context) -> set[str]:
        """Asks the engine's doctor."""
        runner.checks = []
        try:
            task = Task(
                n_("Checking the engine"), launch("check"), lambda it: it.engine("doctor", "--json"), answers=True
            )
        except OSError as error:
            self.report({"ERROR"}, f"The engine's Python can't be started ({error.strerror}).")
            return {"CANCELLED"}
        runner.start_task(task, show)
        for check in runner.checks:  # in background Blender they are there already
            level, hint = ({"INFO"}, "") if check["ok"] else ({"WARNING"}, f" {check['hint']}")
            self.report(level, f"{check['name']}: {check['found']}{hint}")
        return {"FINISHED"}


def show(task: Task) -> None:
    """Keeps the doctor's findings for the preferences and the panel."""
    runner.checks, runner.checked = list(parse(task.output, list[Check])), task.launch.python


CLASSES = (DRAPE_OT_check_engine,)
