# SPDX-License-Identifier: GPL-3.0-or-later
"""Try Another Seed."""

from __future__ import annotations

import bpy

from . import start


class DRAPE_OT_another_seed(bpy.types.Operator):
    """Reconstruct the picture once more with other random numbers, as a new object"""

    bl_idname = "drape.another_seed"
    bl_label = "Try Another Seed"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """As for *Reconstruct from Image*."""
        reason = start.why_not_now() or start.why_nothing_to_make(context)
        cls.poll_message_set(reason)
        return not reason

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Counts the seed up and begins the job."""
        context.scene.drape.seed += 1
        return start.begin_new(self, context)


CLASSES = (DRAPE_OT_another_seed,)
