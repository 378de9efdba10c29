# SPDX-License-Identifier: GPL-3.0-or-later
"""Cancel."""

from __future__ import annotations

import bpy

from .. import redraw
from ..runner import runner


class DRAPE_OT_cancel(bpy.types.Operator):
    """Stop what the engine is doing. A reconstruction can be resumed"""

    bl_idname = "drape.cancel"
    bl_label = "Cancel"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, _: bpy.types.Context) -> bool:
        """Something is going on."""
        cls.poll_message_set("Nothing is running")
        return runner.job_runs or runner.task is not None

    def execute(self, _: bpy.types.Context) -> set[str]:
        """Stops the job and the task."""
        runner.cancel_job()
        runner.stop_task()
        redraw.panels()
        return {"FINISHED"}


CLASSES = (DRAPE_OT_cancel,)
