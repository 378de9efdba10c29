# SPDX-License-Identifier: GPL-3.0-or-later
"""Run Queue."""

from __future__ import annotations

import bpy

from ..polls import unless
from . import start
from .queue import queue


def why_nothing_waits(_: bpy.types.Context) -> str:
    """Why the queue has nothing to do, for the artist; empty where it has."""
    return "" if queue.waiting else "No job is waiting"


class DRAPE_OT_run_queue(bpy.types.Operator):
    """Do the jobs that wait, one after the other, also those that were left when Blender was closed"""

    bl_idname = "drape.run_queue"
    bl_label = "Run Queue"
    bl_options = {"REGISTER"}

    poll = unless(start.why_not_now, why_nothing_waits)

    def execute(self, _: bpy.types.Context) -> set[str]:
        """Begins the first; in background Blender does all of them."""
        queue.on = True
        queue.go()
        return {"FINISHED"}


CLASSES = (DRAPE_OT_run_queue,)
