# SPDX-License-Identifier: GPL-3.0-or-later
"""What the panel *Reconstruct* shows of the picture and its mask. It only draws."""

from __future__ import annotations

import bpy

SCALE = 6.0  # of the picture


def draw_picture(layout: bpy.types.UILayout, chosen: bpy.types.PropertyGroup, icon: int) -> None:
    """The picture, shown as `icon`, or the words in place of one, and the mask with its tools."""
    if icon:
        layout.template_icon(icon, scale=SCALE)
    row = layout.row()
    row.use_property_split = False  # all the width for its name
    row.template_ID(chosen, "picture", open="image.open")
    if not chosen.picture:
        layout.prop(chosen, "prompt", placeholder="A soccer ball")
    layout.template_ID(chosen, "mask", open="image.open", text="Mask")
    row = layout.row(align=True)
    row.operator("drape.show_cutout", icon="IMAGE_ALPHA")
    if chosen.mask is None:
        row.operator("drape.paint_mask", icon="BRUSH_DATA")
        return
    row.operator("drape.pick_object", icon="EYEDROPPER")
    row = layout.row(align=True)
    row.operator("drape.paint_mask", text="Add", icon="BRUSH_DATA").brush = "ADD"
    row.operator("drape.paint_mask", text="Subtract", icon="BRUSH_DATA").brush = "SUBTRACT"


def draw_object_name(layout: bpy.types.UILayout, chosen: bpy.types.PropertyGroup) -> None:
    """What the object in the picture is, in words."""
    if chosen.picture:
        row = layout.row(align=True)
        row.prop(chosen, "object_name", placeholder="Mug")
        row.operator("drape.name_object", text="", icon="OUTLINER_OB_FONT")
