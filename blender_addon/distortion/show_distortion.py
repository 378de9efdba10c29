# SPDX-License-Identifier: GPL-3.0-or-later
"""Show UV Distortion."""

from __future__ import annotations

import bpy

from . import overlay


class DRAPE_OT_show_distortion(bpy.types.Operator):
    """Show on the selected meshes, in every 3D viewport, how much their UVs distort a texture; again to hide it"""

    bl_idname = "drape.show_distortion"
    bl_label = "Show UV Distortion"

    @classmethod
    def poll(cls, _: bpy.types.Context) -> bool:
        """There is a window to draw in."""
        cls.poll_message_set("Blender has no window; bake the distortion instead")
        return not bpy.app.background

    def execute(self, _: bpy.types.Context) -> set[str]:
        """Turns the overlay on or off."""
        if overlay.is_shown():
            overlay.hide()
        else:
            overlay.show()
        return {"FINISHED"}


CLASSES = (DRAPE_OT_show_distortion,)
