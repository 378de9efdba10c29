# SPDX-License-Identifier: GPL-3.0-or-later
"""Show UV Distortion."""

from __future__ import annotations

import bpy

from ..polls import unless
from . import overlay


def why_no_window(_: bpy.types.Context) -> str:
    """Why there is nothing to draw in, for the artist; empty where there is."""
    return "Blender has no window; bake the distortion instead" if bpy.app.background else ""


class DRAPE_OT_show_distortion(bpy.types.Operator):
    """Show on the selected meshes, in every 3D viewport, how much their UVs distort a texture; again to hide it"""

    bl_idname = "drape.show_distortion"
    bl_label = "Show UV Distortion"

    poll = unless(why_no_window)

    def execute(self, _: bpy.types.Context) -> set[str]:
        """Turns the overlay on or off."""
        if overlay.is_shown():
            overlay.hide()
        else:
            overlay.show()
        return {"FINISHED"}


CLASSES = (DRAPE_OT_show_distortion,)
