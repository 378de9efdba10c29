# SPDX-License-Identifier: GPL-3.0-or-later
"""Paint over View."""

from __future__ import annotations

from pathlib import Path

import bpy

from ..picture import image_editor
from . import view_painting
from .one_view import OneView


class DRAPE_OT_paint_view(OneView, bpy.types.Operator):
    """Paint over this view in the Image Editor; what is transparent is no object. Then Use Painting"""

    bl_idname = "drape.paint_view"
    bl_label = "Paint over View"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, _: bpy.types.Context) -> bool:
        """Whatever the engine does."""
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Opens the painting there is, else a new one."""
        view = view_painting.view(Path(self.folder), self.view)
        if view is None:
            self.report({"ERROR"}, "The job has no such view")
            return {"CANCELLED"}
        image_editor.show(context, view_painting.of(view) or view_painting.new(view), paint=True)
        return {"FINISHED"}


CLASSES = (DRAPE_OT_paint_view,)
