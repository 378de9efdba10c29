# SPDX-License-Identifier: GPL-3.0-or-later
"""Free Memory."""

from __future__ import annotations

import bpy

from .. import redraw
from ..polls import unless
from ..runner import runner


def why_nothing_to_free(_: bpy.types.Context) -> str:
    """Why the engine can't be ended, for the artist; empty where it is there and idle."""
    if runner.session.busy:
        return "A reconstruction is running"
    return "" if runner.session.holds_engine else "The engine isn't running"


class DRAPE_OT_free_memory(bpy.types.Operator):
    """End the idle engine, which keeps its models in memory; the next job starts it again"""

    bl_idname = "drape.free_memory"
    bl_label = "Free Memory"
    bl_options = {"INTERNAL"}

    poll = unless(why_nothing_to_free)

    def execute(self, _: bpy.types.Context) -> set[str]:
        """Ends it."""
        runner.session.close()
        redraw.panels()
        return {"FINISHED"}


CLASSES = (DRAPE_OT_free_memory,)
