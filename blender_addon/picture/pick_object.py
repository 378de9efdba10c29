# SPDX-License-Identifier: GPL-3.0-or-later
"""Pick Object."""

from __future__ import annotations

import bpy
import numpy as np
from bpy.app.translations import pgettext_iface as iface_

from ..polls import unless
from . import image_editor, mask_parts


def why_no_mask(context: bpy.types.Context) -> str:
    """Why there is nothing to click on, for the artist; empty where there is."""
    return "Paint a mask first" if context.scene.drape.mask is None else ""


class DRAPE_OT_pick_object(bpy.types.Operator):
    """Click on one of several objects in the mask: only that one is kept. With Ctrl it is taken away instead"""

    bl_idname = "drape.pick_object"
    bl_label = "Pick Object"
    bl_options = {"REGISTER", "UNDO"}

    __annotations__ = {
        "place": bpy.props.FloatVectorProperty(
            name="Place", description="A point on the object, as shares of the picture from the left and the bottom",
            size=2, min=0.0, max=1.0, default=(0.5, 0.5), options={"SKIP_SAVE"},
        ),
        "take_away": bpy.props.BoolProperty(
            name="Take Away", description="Keep all but this object", options={"SKIP_SAVE"}
        ),
    }  # fmt: skip

    poll = unless(why_no_mask)

    def invoke(self, context: bpy.types.Context, _: bpy.types.Event) -> set[str]:
        """Opens the mask, and waits for the click on it."""
        image_editor.show(context, context.scene.drape.mask)
        text = iface_("Click: keep only this object   Ctrl + click: take it away   Esc: leave the mask as it is")
        context.workspace.status_text_set(text)
        context.window_manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Takes the click; all else is Blender's."""
        place = _place(context, event) if (event.type, event.value) == ("LEFTMOUSE", "PRESS") else None
        if event.type in ("ESC", "RIGHTMOUSE"):
            context.workspace.status_text_set(None)
            return {"CANCELLED"}
        if place is None:
            return {"PASS_THROUGH"}
        context.workspace.status_text_set(None)
        self.place, self.take_away = place, event.ctrl
        return self.execute(context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Makes a mask of what is kept; the one before stays for undo."""
        chosen = context.scene.drape
        width, height = chosen.mask.size
        pixels = np.empty((height, width, 4), np.float32)
        chosen.mask.pixels.foreach_get(pixels.ravel())
        u, v = self.place
        column, row = min(int(u * width), width - 1), min(int(v * height), height - 1)
        part = mask_parts.part_at(pixels[..., 0], row, column)
        if not part.any():
            self.report({"WARNING"}, iface_("There is no object in the mask there"))
            return {"CANCELLED"}
        pixels[..., :3] *= (part != self.take_away)[..., None]
        picked = bpy.data.images.new(chosen.mask.name, width, height)
        picked.colorspace_settings.name = chosen.mask.colorspace_settings.name
        picked.pixels.foreach_set(pixels.ravel())
        picked.update()
        picked.pack()
        chosen.mask = picked
        image_editor.show(context, picked)
        return {"FINISHED"}


def _place(context: bpy.types.Context, event: bpy.types.Event) -> tuple[float, float] | None:
    """Where on the mask the mouse is, as shares of its width and height; None beside it."""
    for area in context.window.screen.areas:
        if area.ui_type != "IMAGE_EDITOR" or area.spaces.active.image != context.scene.drape.mask:
            continue
        region = next(region for region in area.regions if region.type == "WINDOW")
        x, y = event.mouse_x - region.x, event.mouse_y - region.y
        u, v = region.view2d.region_to_view(x, y)
        if 0 <= x < region.width and 0 <= y < region.height and 0 <= u <= 1 and 0 <= v <= 1:
            return u, v
    return None


CLASSES = (DRAPE_OT_pick_object,)
