# SPDX-License-Identifier: GPL-3.0-or-later
"""Cameras of All Views."""

from __future__ import annotations

from pathlib import Path

import bpy

from ..result import origin, picture_camera
from .view_names import named


class DRAPE_OT_add_view_cameras(bpy.types.Operator):
    """Add a camera for each view that the active result was made of, with the view's picture behind the result"""

    bl_idname = "drape.add_view_cameras"
    bl_label = "Cameras of All Views"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """A result of All Round is active."""
        reason = origin.why_no_result(context)
        if not reason and not context.object[picture_camera.CAMERA]["views"]:
            reason = "Only results of All Round have several views"
        cls.poll_message_set(reason)
        return not reason

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Adds them, or puts them back in their places."""
        made = context.object
        views = made[picture_camera.CAMERA]["views"]
        for number, view in enumerate(views):
            camera = picture_camera.put(context, made, view, f"{made.name} {named(*view['place'])}", f" {number}")
            # A camera's angle is that of the longer side of what is rendered, which a square just fills when cropped.
            picture_camera.put_behind(camera.data, Path(view["picture"]), "CROP")
        if not all(Path(view["picture"]).is_file() for view in views):
            self.report({"WARNING"}, "The views are gone with the job folder, so nothing is behind the result")
        return {"FINISHED"}


CLASSES = (DRAPE_OT_add_view_cameras,)
