# SPDX-License-Identifier: GPL-3.0-or-later
"""Mend Mask."""

from __future__ import annotations

from pathlib import Path

import bpy

from ..polls import unless
from ..result import origin
from ..runner import why_busy
from .queue import queue
from .reuse_settings import use


class DRAPE_OT_mend_mask(bpy.types.Operator):
    """Choose picture, mask and settings of the active result again, and paint the mask; then reconstruct once more"""

    bl_idname = "drape.mend_mask"
    bl_label = "Mend Mask"
    bl_options = {"REGISTER", "UNDO"}

    poll = unless(why_busy, origin.why_no_result)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Chooses them, then does as *Paint Mask*."""
        entry = queue.history.of(Path(context.object[origin.JOB]))
        if entry is None:
            self.report({"ERROR"}, "This job is not in the history")
            return {"CANCELLED"}
        use(context.scene, entry)
        return set(bpy.ops.drape.paint_mask())


CLASSES = (DRAPE_OT_mend_mask,)
