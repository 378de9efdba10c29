# SPDX-License-Identifier: GPL-3.0-or-later
"""Cancel."""

from __future__ import annotations

import bpy

from .. import redraw
from ..polls import unless
from ..runner import runner


def why_nothing_to_cancel(_: bpy.types.Context) -> str:
    """Why there is nothing to stop, for the artist; empty where there is."""
    return "" if runner.job_runs or runner.task is not None else "Nothing is running"


class DRAPE_OT_cancel(bpy.types.Operator):
    """Stop what the engine is doing. A reconstruction can be resumed"""

    bl_idname = "drape.cancel"
    bl_label = "Cancel"
    bl_options = {"INTERNAL"}

    poll = unless(why_nothing_to_cancel)

    def execute(self, _: bpy.types.Context) -> set[str]:
        """Stops the job and the task."""
        runner.cancel_job()
        runner.stop_task()
        redraw.panels()
        return {"FINISHED"}


CLASSES = (DRAPE_OT_cancel,)
