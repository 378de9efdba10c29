# SPDX-License-Identifier: GPL-3.0-or-later
"""Reconstruct from Image."""

from __future__ import annotations

import bpy

from . import start


class DRAPE_OT_reconstruct(bpy.types.Operator):
    """Make a mesh with UVs and a material from the picture, or from words. You can work on meanwhile"""

    bl_idname = "drape.reconstruct"
    bl_label = "Reconstruct from Image"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """There is a picture or a prompt, and nothing else is going on."""
        reason = start.why_not_now() or start.why_nothing_to_make(context)
        cls.poll_message_set(reason)
        return not reason

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Begins the job; in background Blender does it."""
        return start.begin_new(self, context)


CLASSES = (DRAPE_OT_reconstruct,)
