# SPDX-License-Identifier: GPL-3.0-or-later
"""Free Memory."""

from __future__ import annotations

import bpy

from .. import redraw
from ..runner import runner


class DRAPE_OT_free_memory(bpy.types.Operator):
    """End the idle engine, which keeps its models in memory; the next job starts it again"""

    bl_idname = "drape.free_memory"
    bl_label = "Free Memory"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, _: bpy.types.Context) -> bool:
        """The engine is there and has nothing to do."""
        reason = "" if runner.session.holds_engine else "The engine isn't running"
        if runner.session.busy:
            reason = "A reconstruction is running"
        cls.poll_message_set(reason)
        return not reason

    def execute(self, _: bpy.types.Context) -> set[str]:
        """Ends it."""
        runner.session.close()
        redraw.panels()
        return {"FINISHED"}


CLASSES = (DRAPE_OT_free_memory,)
