# SPDX-License-Identifier: GPL-3.0-or-later
"""Add Thickness."""

from __future__ import annotations

import bpy

from . import origin

MODIFIER = "Thickness"
SHARE = 0.05  # of the longest side


class DRAPE_OT_add_thickness(bpy.types.Operator):
    """Give the active front surface a back and a rim, by a modifier; the front stays where it is"""

    bl_idname = "drape.add_thickness"
    bl_label = "Add Thickness"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """An open result without thickness is active."""
        reason = origin.why_no_result(context)
        if not reason and origin.method_of(context.object).closed:
            reason = "It is closed all round already"
        elif not reason and MODIFIER in context.object.modifiers:
            reason = "It has thickness already"
        cls.poll_message_set(reason)
        return not reason

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Adds the modifier."""
        obj = context.object
        modifier = obj.modifiers.new(MODIFIER, "SOLIDIFY")
        sides = [max(axis) - min(axis) for axis in zip(*obj.bound_box, strict=True)]
        modifier.thickness, modifier.offset = SHARE * max(sides), -1.0
        modifier.use_quality_normals = True
        return {"FINISHED"}


CLASSES = (DRAPE_OT_add_thickness,)
