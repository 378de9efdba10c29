# SPDX-License-Identifier: GPL-3.0-or-later
"""Set Up Engine."""

from __future__ import annotations

import sys
from pathlib import Path

import bpy
from bpy.app.translations import pgettext_n as n_

from ..engine_client import folders
from ..engine_client.task import Task
from ..polls import unless
from ..runner import runner, why_busy
from .environment import set_up_command, surroundings, why_offline


class DRAPE_OT_set_up_engine(bpy.types.Operator):
    """Make the Python environment that the engine runs in, outside Blender's own. Downloads about 3 GB"""

    bl_idname = "drape.set_up_engine"
    bl_label = "Set Up Engine"
    bl_options = {"INTERNAL"}

    poll = unless(why_busy, why_offline)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Runs the engine's set-up with Blender's Python."""
        command = set_up_command()
        launch = surroundings(Path(sys.executable), "set_up")
        try:
            folders.environment_folder().parent.mkdir(parents=True, exist_ok=True)
            task = Task(n_("Setting up the engine"), launch, lambda it: it.run(command))
        except OSError as error:
            self.report({"ERROR"}, f"The set-up can't be started ({error}).")
            return {"CANCELLED"}
        runner.checks = []  # they were of another engine
        runner.start_task(task, lambda _: None)
        return {"FINISHED"}


CLASSES = (DRAPE_OT_set_up_engine,)
