# SPDX-License-Identifier: GPL-3.0-or-later
"""Paint Another."""

from __future__ import annotations

import bpy

from ..engine_client import views
from .one_view import OneView


class DRAPE_OT_paint_another(OneView, bpy.types.Operator):
    """Have this view painted another way, and all that come after it. Those before it stay"""

    bl_idname = "drape.paint_another"
    bl_label = "Paint Another"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Begins the job again; in background Blender does it."""
        params = self.params()
        return {"CANCELLED"} if params is None else self.begin(context, views.painted_again(params, self.view))


CLASSES = (DRAPE_OT_paint_another,)
