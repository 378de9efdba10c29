# SPDX-License-Identifier: GPL-3.0-or-later
"""Retry."""

from __future__ import annotations

import bpy

from ..engine_client import history
from ..engine_client.history import Entry
from .one_job import OneJob
from .queue import queue


class DRAPE_OT_retry_job(OneJob, bpy.types.Operator):
    """Add the job to the queue once more; what was done already is not done again"""

    bl_idname = "drape.retry_job"
    bl_label = "Retry"
    bl_options = {"INTERNAL"}

    def act(self, _: bpy.types.Context, entry: Entry) -> set[str]:
        """Adds it; in background Blender does all that waits."""
        if not entry.can_retry or queue.is_running(entry):
            self.report({"ERROR"}, "This job can't be done again: it waits, runs, is done, or its picture is gone")
            return {"CANCELLED"}
        queue.add(history.retried(entry))
        queue.go()
        return {"FINISHED"}


CLASSES = (DRAPE_OT_retry_job,)
