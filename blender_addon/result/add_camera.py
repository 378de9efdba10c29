# SPDX-License-Identifier: GPL-3.0-or-later
"""Camera from Picture."""

from __future__ import annotations

from pathlib import Path

import bpy

from ..polls import unless
from . import origin, picture_camera


class DRAPE_OT_add_camera(bpy.types.Operator):
    """Add the camera that sees the active result as the picture does, with the picture behind it"""

    bl_idname = "drape.add_camera"
    bl_label = "Camera from Picture"
    bl_options = {"REGISTER", "UNDO"}

    __annotations__ = {
        "use_for_render": bpy.props.BoolProperty(
            name="Use for Render",
            description="Make it the scene's camera, and give the render the size of the picture",
            default=True,
        )
    }

    poll = unless(origin.why_no_result)

    def invoke(self, context: bpy.types.Context, _: bpy.types.Event) -> set[str]:
        """Also looks through it, in a 3D viewport."""
        outcome = self.execute(context)
        if context.area.type == "VIEW_3D" and self.use_for_render:
            context.space_data.region_3d.view_perspective = "CAMERA"
        return outcome

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Adds it, or puts it back in its place."""
        record = context.object[picture_camera.CAMERA]
        camera = picture_camera.add(context, context.object)
        if self.use_for_render:
            picture_camera.look_through(context, camera, tuple(record["size"]))
        if not Path(record["picture"]).is_file():
            self.report({"WARNING"}, "The picture is gone with its job folder, so nothing is behind the result")
        return {"FINISHED"}


CLASSES = (DRAPE_OT_add_camera,)
