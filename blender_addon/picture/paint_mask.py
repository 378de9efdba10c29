# SPDX-License-Identifier: GPL-3.0-or-later
"""Paint Mask."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import bpy

from ..polls import unless
from . import cutout, image_editor


class DRAPE_OT_paint_mask(bpy.types.Operator):
    """Make the cut-out an image of its own and paint it in the Image Editor: white is object, black is not"""

    bl_idname = "drape.paint_mask"
    bl_label = "Paint Mask"
    bl_options = {"REGISTER", "UNDO"}

    __annotations__ = {
        "brush": bpy.props.EnumProperty(
            name="Brush",
            description="What the brush does",
            items=[
                ("ADD", "Add", "White: what is painted belongs to the object"),
                ("SUBTRACT", "Subtract", "Black: what is painted does not belong to the object"),
            ],
        ),
        "file": bpy.props.StringProperty(
            name="File", description="The cut-out, once the engine has made it", options={"HIDDEN", "SKIP_SAVE"}
        ),
    }

    poll = unless(cutout.why_not_now)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Opens the mask there is; else asks the engine for one, and is called again with its file."""
        chosen = context.scene.drape
        if self.file:
            chosen.mask = from_file(f"{chosen.picture.name} Mask", Path(self.file))
        if chosen.mask is not None:
            image_editor.show(context, chosen.mask, paint=True)
            _color(context, float(self.brush == "ADD"))
            return {"FINISHED"}
        return cutout.begin(self, context, use_mask=False, finish=partial(again, self.brush))


def again(brush: str, _: Path, mask: Path) -> None:
    """Calls the operator with the file `mask`, as an undo step of its own."""
    with bpy.context.temp_override(window=bpy.context.window_manager.windows[0]):
        bpy.ops.drape.paint_mask("EXEC_DEFAULT", True, brush=brush, file=str(mask))


def _color(context: bpy.types.Context, white: float) -> None:
    """Gives the brush that paints images that grey, and its secondary colour the other one."""
    paint = context.tool_settings.image_paint
    # Blender 5 has them for each kind of painting.
    unified = getattr(paint, "unified_paint_settings", None) or context.tool_settings.unified_paint_settings
    for target in (unified, paint.brush):
        if target is not None:
            target.color, target.secondary_color = (white,) * 3, (1 - white,) * 3


def from_file(name: str, file: Path) -> bpy.types.Image:
    """A new image with the content of the picture file `file`, saved with the .blend."""
    image = bpy.data.images.load(str(file), check_existing=False)
    image.name = name
    image.pack()
    image.filepath_raw = ""
    return image


CLASSES = (DRAPE_OT_paint_mask,)
