# SPDX-License-Identifier: GPL-3.0-or-later
"""Show Cut-out."""

from __future__ import annotations

from pathlib import Path

import bpy

from ..polls import unless
from . import cutout, image_editor

LONGEST = 40  # letters; Blender cuts names of over 63 bytes short, and so would not find the image again


class DRAPE_OT_show_cutout(bpy.types.Operator):
    """Show in the Image Editor what is taken for the object; everything tinted is left out"""

    bl_idname = "drape.show_cutout"
    bl_label = "Show Cut-out"
    bl_options = {"INTERNAL"}

    poll = unless(cutout.why_not_now)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Asks the engine; what it answers is shown when it comes."""
        name = f"{context.scene.drape.picture.name[:LONGEST]} Cut-out"
        return cutout.begin(self, context, use_mask=True, finish=lambda picture, mask: show(name, picture, mask))


def show(name: str, picture: Path, mask: Path) -> None:
    """Makes the tinted picture and opens it."""
    image_editor.show(bpy.context, cutout.over_picture(name, picture, mask))


CLASSES = (DRAPE_OT_show_cutout,)
