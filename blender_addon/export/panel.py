# SPDX-License-Identifier: GPL-3.0-or-later
"""The panel *Export* in the sidebar. It only draws."""

from __future__ import annotations

import bpy

from ..sidebar import Sidebar, in_both_editors


class Export(Sidebar):
    """The active object, on its way out."""

    bl_label = "Export"
    bl_options = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """The active object is a mesh."""
        return context.object is not None and context.object.type == "MESH"

    def draw(self, _: bpy.types.Context) -> None:
        """Files, and asset libraries."""
        layout = self.layout
        layout.operator("drape.export", text="Export File", icon="EXPORT")
        column = layout.column(align=True)
        column.operator("drape.mark_asset", icon="ASSET_MANAGER")
        column.operator_menu_enum("drape.save_to_library", "library", icon="BLENDER")


CLASSES = in_both_editors(Export)
