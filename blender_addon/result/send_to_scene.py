# SPDX-License-Identifier: GPL-3.0-or-later
"""Send to Scene."""

from __future__ import annotations

from typing import Any

import bpy
from bpy.app.translations import pgettext_iface as iface_

from . import origin

ITEMS: list[tuple[str, str, str]] = []  # Blender keeps no reference to them


def other_scenes(_: Any, context: bpy.types.Context | None) -> list[tuple[str, str, str]]:
    """The other scenes of the file, for a menu."""
    here = context.scene if context else None
    ITEMS[:] = [(scene.name, scene.name, "") for scene in bpy.data.scenes if scene != here]
    return ITEMS


class DRAPE_OT_send_to_scene(bpy.types.Operator):
    """Link the active result into another scene of the file as well"""

    bl_idname = "drape.send_to_scene"
    bl_label = "Send to Scene"
    bl_options = {"REGISTER", "UNDO"}

    __annotations__ = {
        "scene": bpy.props.EnumProperty(name="Scene", description="Where the result goes", items=other_scenes)
    }

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """A result is active, and there is another scene."""
        reason = origin.why_no_result(context)
        if not reason and len(bpy.data.scenes) == 1:
            reason = "There is no other scene in this file"
        cls.poll_message_set(reason)
        return not reason

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Links it, unless it is there."""
        made, scene = context.object, bpy.data.scenes[self.scene]
        if made.name in scene.objects:
            self.report({"INFO"}, iface_("'{}' is in '{}' already").format(made.name, scene.name))
            return {"CANCELLED"}
        scene.collection.objects.link(made)
        self.report({"INFO"}, iface_("'{}' is now in '{}' too").format(made.name, scene.name))
        return {"FINISHED"}


CLASSES = (DRAPE_OT_send_to_scene,)
