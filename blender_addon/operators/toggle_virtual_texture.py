# SPDX-License-Identifier: GPL-3.0-or-later
"""Show Virtual Texture."""

from __future__ import annotations

import bpy

from .. import material


class DRAPE_OT_toggle_virtual_texture(bpy.types.Operator):
    """Show the virtual checkerboard on the surface instead of the picture, or the picture again"""

    bl_idname = "drape.toggle_virtual_texture"
    bl_label = "Show Virtual Texture"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """The active object has a material of ours."""
        cls.poll_message_set("Select a result of Drape first")
        return context.object is not None and material.shown(context.object.active_material) is not None

    def invoke(self, context: bpy.types.Context, _: bpy.types.Event) -> set[str]:
        """Switches a viewport that shows no materials to Material Preview, so that the click is seen."""
        if context.area.type == "VIEW_3D" and context.space_data.shading.type in {"WIREFRAME", "SOLID"}:
            context.space_data.shading.type = "MATERIAL"
        return self.execute(context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Feeds the base colour from the other node."""
        mine = context.object.active_material
        showing = material.shown(mine)
        material.show(mine, material.PICTURE if showing == material.VIRTUAL_TEXTURE else material.VIRTUAL_TEXTURE)
        return {"FINISHED"}


OPERATOR = DRAPE_OT_toggle_virtual_texture
