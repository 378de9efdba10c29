# SPDX-License-Identifier: GPL-3.0-or-later
"""Move Job."""

from __future__ import annotations

from dataclasses import replace

import bpy

from ..engine_client.history import Entry
from .one_job import OneJob
from .queue import queue


class DRAPE_OT_move_job(OneJob, bpy.types.Operator):
    """Have a waiting job done earlier or later"""

    bl_idname = "drape.move_job"
    bl_label = "Move Job"
    bl_options = {"INTERNAL"}

    __annotations__ = {
        **OneJob.__annotations__,
        "direction": bpy.props.EnumProperty(
            name="Direction",
            description="Where it goes",
            items=[("UP", "Earlier", "Before the job that is before it"), ("DOWN", "Later", "After the one after it")],
        ),
    }

    def act(self, _: bpy.types.Context, entry: Entry) -> set[str]:
        """Changes places with its neighbour."""
        waiting = queue.waiting
        if entry not in waiting:
            self.report({"ERROR"}, "This job is not waiting any more")
            return {"CANCELLED"}
        place = waiting.index(entry) + (-1 if self.direction == "UP" else 1)
        if not 0 <= place < len(waiting):
            return {"CANCELLED"}
        other = waiting[place]
        queue.history.write(replace(entry, order=other.order))
        queue.history.write(replace(other, order=entry.order))
        return {"FINISHED"}


CLASSES = (DRAPE_OT_move_job,)
