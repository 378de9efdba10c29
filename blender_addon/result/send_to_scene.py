# SPDX-License-Identifier: GPL-3.0-or-later
"""Send to Scene."""

from __future__ import annotations

from typing import Any

import bpy
from bpy.app.translations import pgettext_iface as iface_

from ..polls import unless
from . import origin

ITEMS: list[tuple[str, str, str]] = []  # Blender keeps no reference to them


def other_scenes(_: Any, context: bpy.types.Context | None) -> list[tuple[str, str, str]]:
    """The other scenes of the file, for a menu."""
    here = context.scene if context else None
    ITEMS[:] = [(scene.name, scene.name, "") for scene in bpy.data.scenes if scene != here]
    return ITEMS


def why_no_other_scene(_: bpy.types.Context) -> str:
    """Why there is nowhere to send it, for the artist; empty where there is."""
    return "There is no other scene in this file" if len(bpy.data.scenes) == 1 else ""


class DRAPE_OT_send_to_scene(bpy.types.Operator):
    """Link the active result into another scene of the file as well"""

    bl_idname = "drape.send_to_scene"
    bl_label = "Send to Scene"
    bl_options = {"REGISTER", "UNDO"}

    __annotations__ = {
        "scene": bpy.props.EnumProperty(name="Scene", description="Where the result goes", items=other_scenes)
    }

    poll = unless(origin.why_no_result, why_no_other_scene)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Links it, unless it is there."""
        obj, scene = context.object, bpy.data.scenes[self.scene]
        if obj.name in scene.objects:
            self.report({"INFO"}, iface_("'{}' is in '{}' already").format(obj.name, scene.name))
            return {"CANCELLED"}
        scene.collection.objects.link(obj)
        self.report({"INFO"}, iface_("'{}' is now in '{}' too").format(obj.name, scene.name))
        return {"FINISHED"}


CLASSES = (DRAPE_OT_send_to_scene,)
