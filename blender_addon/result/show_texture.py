# SPDX-License-Identifier: GPL-3.0-or-later
"""Show Texture."""

from __future__ import annotations

import bpy

from ..polls import unless
from . import material


def why_not_ours(context: bpy.types.Context) -> str:
    """Why the material can't be switched, for the artist; empty where it is one of ours."""
    shown = material.shown(context.object.active_material) if context.object is not None else None
    return "Select a result of Drape first" if shown is None else ""


class DRAPE_OT_show_texture(bpy.types.Operator):
    """Choose what is seen on the surface of the active result"""

    bl_idname = "drape.show_texture"
    bl_label = "Show Texture"
    bl_options = {"REGISTER", "UNDO"}

    __annotations__ = {
        "content": bpy.props.EnumProperty(
            name="Content",
            description="What the material shows",
            items=[
                (material.PICTURE, "Picture", "The picture, projected onto the surface"),
                (material.VIRTUAL_TEXTURE, "Checker", "The virtual checkerboard, as it lies on the surface"),
                (material.BLEND, "Blend", "Both, as the engine has aligned them"),
                (material.CONFIDENCE, "Confidence", "How sure the engine is of the surface: yellow sure, blue a guess"),
            ],
        )
    }

    poll = unless(why_not_ours)

    @classmethod
    def description(cls, _: bpy.types.Context, properties: bpy.types.OperatorProperties) -> str:
        """That of the content."""
        return properties.bl_rna.properties["content"].enum_items[properties.content].description

    def invoke(self, context: bpy.types.Context, _: bpy.types.Event) -> set[str]:
        """Switches a viewport that shows no materials to Material Preview, so that the click is seen."""
        if context.area.type == "VIEW_3D" and context.space_data.shading.type in {"WIREFRAME", "SOLID"}:
            context.space_data.shading.type = "MATERIAL"
        return self.execute(context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Feeds the base colour from that node."""
        material.show(context.object.active_material, self.content)
        return {"FINISHED"}


CLASSES = (DRAPE_OT_show_texture,)
