# SPDX-License-Identifier: GPL-3.0-or-later
"""The panel *UV Distortion* in the sidebar of the 3D viewport. It only draws."""

from __future__ import annotations

import bpy
from bpy.app.translations import pgettext_iface as iface_

from ..sidebar import ORDER, Sidebar
from ..widgets import draw_text
from . import overlay, reading


class DRAPE_PT_distortion(Sidebar, bpy.types.Panel):
    """How much the UVs of the selected meshes distort a texture"""

    bl_label = "UV Distortion"
    bl_space_type = "VIEW_3D"
    bl_order = ORDER.index("UV Distortion")

    def draw(self, context: bpy.types.Context) -> None:
        """The switch, what is shown and how, then what can be done about it."""
        layout, options = self.layout, context.window_manager.drape_distortion
        layout.use_property_split = True
        layout.use_property_decorate = False
        shown = overlay.is_shown()
        button = layout.row()
        button.scale_y = 1.3
        button.operator("drape.show_distortion", text="Hide" if shown else "Show in Viewport", icon="UV", depress=shown)
        for obj in context.selected_objects:
            if obj.type == "MESH" and (reason := reading.why_not(obj)):
                draw_text(layout, f"{obj.name} {iface_(reason)}", "INFO")
        if (obj := context.object) is not None and obj.type == "MESH" and obj.data.uv_layers.active:
            text = iface_("Of the UV layer '{}'").format(obj.data.uv_layers.active.name)
            layout.label(text=text, icon="GROUP_UVS", translate=False)
        column = layout.column()
        column.prop(options, "metric")
        row = column.row(align=True)
        row.prop(options, "low", text="Range")
        row.prop(options, "high", text="")
        row.operator("drape.fit_distortion_range", text="", icon="FULLSCREEN_EXIT")
        if options.metric == "DENSITY":
            column.prop(options, "texture_size")
        column.prop(options, "colors")
        column.prop(options, "opacity")
        column = layout.column()
        row = column.row(align=True)
        row.prop(options, "threshold")
        row.operator("drape.select_distorted", text="", icon="RESTRICT_SELECT_OFF")
        column.operator("drape.frame_worst", icon="ZOOM_SELECTED")
        row = layout.row(align=True)
        row.operator_menu_enum("drape.bake_distortion", "content", text="Bake to Attribute", icon="GROUP_VCOL")
        row.operator("drape.copy_distortion", text="", icon="COPYDOWN")


CLASSES = (DRAPE_PT_distortion,)
