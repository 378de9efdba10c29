# SPDX-License-Identifier: GPL-3.0-or-later
"""Add Thickness."""

from __future__ import annotations

import bpy

from ..polls import unless
from . import origin

MODIFIER = "Thickness"
SHARE = 0.05  # of the longest side


def why_not_thicker(context: bpy.types.Context) -> str:
    """Why the active result needs no thickness, for the artist; empty where it is open and has none."""
    if origin.is_closed(context.object):
        return "It is closed all round already"
    return "It has thickness already" if MODIFIER in context.object.modifiers else ""


class DRAPE_OT_add_thickness(bpy.types.Operator):
    """Give the active front surface a back and a rim, by a modifier; the front stays where it is"""

    bl_idname = "drape.add_thickness"
    bl_label = "Add Thickness"
    bl_options = {"REGISTER", "UNDO"}

    poll = unless(origin.why_no_result, why_not_thicker)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Adds the modifier."""
        obj = context.object
        modifier = obj.modifiers.new(MODIFIER, "SOLIDIFY")
        sides = [max(axis) - min(axis) for axis in zip(*obj.bound_box, strict=True)]
        modifier.thickness, modifier.offset = SHARE * max(sides), -1.0
        modifier.use_quality_normals = True
        return {"FINISHED"}


CLASSES = (DRAPE_OT_add_thickness,)
