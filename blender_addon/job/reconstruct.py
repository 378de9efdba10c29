# SPDX-License-Identifier: GPL-3.0-or-later
"""Reconstruct from Image, and Try Another Seed."""

from __future__ import annotations

import bpy

from ..polls import unless
from . import start


class DRAPE_OT_reconstruct(bpy.types.Operator):
    """Make a mesh with UVs and a material from the picture, or from words. You can work on meanwhile"""

    bl_idname = "drape.reconstruct"
    bl_label = "Reconstruct from Image"
    bl_options = {"REGISTER", "UNDO"}

    poll = unless(start.why_not_now, start.why_nothing_to_make)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Begins the job; in background Blender does it."""
        return start.begin_new(self, context)


class DRAPE_OT_another_seed(bpy.types.Operator):
    """Reconstruct the picture once more with other random numbers, as a new object"""

    bl_idname = "drape.another_seed"
    bl_label = "Try Another Seed"
    bl_options = {"REGISTER", "UNDO"}

    poll = unless(start.why_not_now, start.why_nothing_to_make)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Counts the seed up and begins the job."""
        context.scene.drape.seed += 1
        return start.begin_new(self, context)


CLASSES = (DRAPE_OT_reconstruct, DRAPE_OT_another_seed)
