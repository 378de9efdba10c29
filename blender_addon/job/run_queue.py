# SPDX-License-Identifier: GPL-3.0-or-later
"""Run Queue."""

from __future__ import annotations

import bpy

from . import start
from .queue import queue


class DRAPE_OT_run_queue(bpy.types.Operator):
    """Do the jobs that wait, one after the other, also those that were left when Blender was closed"""

    bl_idname = "drape.run_queue"
    bl_label = "Run Queue"
    bl_options = {"REGISTER"}

    @classmethod
    def poll(cls, _: bpy.types.Context) -> bool:
        """Something waits, and nothing else is going on."""
        reason = start.why_not_now() or ("" if queue.waiting else "No job is waiting")
        cls.poll_message_set(reason)
        return not reason

    def execute(self, _: bpy.types.Context) -> set[str]:
        """Begins the first; in background Blender does all of them."""
        queue.on = True
        queue.go()
        return {"FINISHED"}


CLASSES = (DRAPE_OT_run_queue,)
