# SPDX-License-Identifier: GPL-3.0-or-later
"""Replace View."""

from __future__ import annotations

from pathlib import Path

import bpy

from ..engine_client import views
from ..picture import handover
from ..picture.handover import HandOverError
from ..wording import told
from .one_view import OneView


class DRAPE_OT_replace_view(OneView, bpy.types.Operator):
    """Take a picture of yours as this view: a square with the same frame. The views after it are painted again"""

    bl_idname = "drape.replace_view"
    bl_label = "Replace View"
    bl_options = {"REGISTER", "UNDO"}

    __annotations__ = {
        # The file browser knows these by their names.
        "filepath": bpy.props.StringProperty(
            name="File", description="The picture", subtype="FILE_PATH", options={"SKIP_SAVE"}
        ),
        "filter_image": bpy.props.BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"}),
        "filter_folder": bpy.props.BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"}),
        "image": bpy.props.StringProperty(
            name="Image", description="Image in this file to take instead", options={"SKIP_SAVE"}
        ),
    }

    def invoke(self, context: bpy.types.Context, _: bpy.types.Event) -> set[str]:
        """Asks for a file unless an image is named."""
        if self.image:
            return self.execute(context)
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Keeps the picture with the job, and begins it again; in background Blender does it."""
        params = self.params()
        if params is None:
            return {"CANCELLED"}
        file = views.picture_file(Path(self.folder), self.view)
        try:
            self._save(context, file)
        except (HandOverError, OSError, RuntimeError) as error:
            self.report({"ERROR"}, told(error))
            return {"CANCELLED"}
        return self.begin(context, views.replaced(params, self.view, file))

    def _save(self, context: bpy.types.Context, file: Path) -> None:
        if self.image in bpy.data.images:
            _save_square(bpy.data.images[self.image], context.scene, file)
            return
        image = bpy.data.images.load(bpy.path.abspath(self.filepath), check_existing=False)
        try:
            _save_square(image, context.scene, file)
        finally:
            bpy.data.images.remove(image)


def _save_square(image: bpy.types.Image, scene: bpy.types.Scene, file: Path) -> None:
    width, height = image.size
    if width != height:
        raise HandOverError("image-no-square", image=image.name, width=width, height=height)
    handover.save(image, scene, file)


CLASSES = (DRAPE_OT_replace_view,)
