# SPDX-License-Identifier: GPL-3.0-or-later
"""Resume."""

from __future__ import annotations

from dataclasses import replace

import bpy

from ..engine_client import folders, history
from ..polls import unless
from . import start
from .queue import queue


def why_nothing_to_resume(context: bpy.types.Context) -> str:
    """Why no job can go on, for the artist; empty where one can."""
    return "" if start.unfinished(context) else "There is no unfinished job"


class DRAPE_OT_resume(bpy.types.Operator):
    """Go on with the last job from where it stopped"""

    bl_idname = "drape.resume"
    bl_label = "Resume"
    bl_options = {"REGISTER", "UNDO"}

    poll = unless(start.why_not_now, why_nothing_to_resume)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Begins the job again; in background Blender does it."""
        folder = start.unfinished(context)
        params = folders.request_to_resume(folder) if folder else None
        if folder is None or params is None:
            self.report({"ERROR"}, f"The job in '{folder}' can't be read.")
            return {"CANCELLED"}
        entry = queue.history.of(folder) or history.waiting(folder.name, params)
        return start.begin(self, context, replace(entry, params=params))


CLASSES = (DRAPE_OT_resume,)
