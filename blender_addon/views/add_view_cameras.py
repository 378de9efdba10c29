# SPDX-License-Identifier: GPL-3.0-or-later
"""Cameras of All Views."""

from __future__ import annotations

from pathlib import Path

import bpy

from ..polls import unless
from ..result import origin, picture_camera
from .view_names import named


def why_no_views(context: bpy.types.Context) -> str:
    """Why there are no cameras to add, for the artist; empty where there are."""
    return "" if context.object[picture_camera.CAMERA]["views"] else "Only results of All Round have several views"


class DRAPE_OT_add_view_cameras(bpy.types.Operator):
    """Add a camera for each view that the active result was made of, with the view's picture behind the result"""

    bl_idname = "drape.add_view_cameras"
    bl_label = "Cameras of All Views"
    bl_options = {"REGISTER", "UNDO"}

    poll = unless(origin.why_no_result, why_no_views)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Adds them, or puts them back in their places."""
        obj = context.object
        views = obj[picture_camera.CAMERA]["views"]
        for number, view in enumerate(views):
            camera = picture_camera.put(context, obj, view, f"{obj.name} {named(*view['place'])}", f" {number}")
            # A camera's angle is that of the longer side of what is rendered, which a square just fills when cropped.
            picture_camera.put_behind(camera.data, Path(view["picture"]), "CROP")
        if not all(Path(view["picture"]).is_file() for view in views):
            self.report({"WARNING"}, "The views are gone with the job folder, so nothing is behind the result")
        return {"FINISHED"}


CLASSES = (DRAPE_OT_add_view_cameras,)
