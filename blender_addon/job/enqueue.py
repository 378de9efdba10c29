# SPDX-License-Identifier: GPL-3.0-or-later
"""Add to Queue."""

from __future__ import annotations

import bpy

from ..picture.handover import HandOverError
from ..polls import unless
from ..setup.environment import why_not_set_up
from ..wording import told
from . import start
from .queue import queue


class DRAPE_OT_enqueue(bpy.types.Operator):
    """Have the picture reconstructed with these settings after the jobs that are going on and waiting"""

    bl_idname = "drape.enqueue"
    bl_label = "Add to Queue"
    bl_options = {"REGISTER"}

    poll = unless(why_not_set_up, start.why_nothing_to_make)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Adds it; in background Blender does all that waits."""
        chosen = context.scene.drape
        try:
            queue.add(start.prepared(context, chosen.picture, chosen.mask))
        except (HandOverError, OSError) as error:
            self.report({"ERROR"}, told(error))
            return {"CANCELLED"}
        queue.go()
        return {"FINISHED"}


CLASSES = (DRAPE_OT_enqueue,)
