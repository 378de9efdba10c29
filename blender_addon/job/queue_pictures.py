# SPDX-License-Identifier: GPL-3.0-or-later
"""Queue Pictures."""

from __future__ import annotations

from pathlib import Path

import bpy
from bpy.app.translations import pgettext_iface as iface_

from ..picture.handover import HandOverError
from ..polls import unless
from ..setup.environment import why_not_set_up
from ..wording import told
from . import start
from .queue import queue

# Blender fills these by their names: the file browser, and what drops files.
PICTURE_FILES = {
    "directory": bpy.props.StringProperty(
        name="Folder", description="Where the pictures are", subtype="DIR_PATH", options={"SKIP_SAVE"}
    ),
    "files": bpy.props.CollectionProperty(
        name="Pictures", description="The picture files", type=bpy.types.OperatorFileListElement, options={"SKIP_SAVE"}
    ),
}


class DRAPE_OT_queue_pictures(bpy.types.Operator):
    """Have many picture files reconstructed with these settings, one after the other"""

    bl_idname = "drape.queue_pictures"
    bl_label = "Queue Pictures"
    bl_options = {"REGISTER"}

    __annotations__ = {
        **PICTURE_FILES,
        "filter_image": bpy.props.BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"}),
        "filter_folder": bpy.props.BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"}),
    }

    poll = unless(why_not_set_up)

    def invoke(self, context: bpy.types.Context, _: bpy.types.Event) -> set[str]:
        """Asks for the files."""
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Adds each of them that is a picture; in background Blender does all that waits."""
        return add_files(self, context, Path(bpy.path.abspath(self.directory)), [file.name for file in self.files])


def add_files(operator: bpy.types.Operator, context: bpy.types.Context, folder: Path, names: list[str]) -> set[str]:
    """Adds those picture files in `folder`, as the work of `operator`; returns what that has to return."""
    added = 0
    for name in names:
        try:
            _add(context, folder / name)
        except (HandOverError, OSError, RuntimeError) as error:
            operator.report({"WARNING"}, iface_("'{}' was left out: {}").format(name, told(error)))
        else:
            added += 1
    operator.report({"INFO"}, iface_("{:d} pictures added to the queue").format(added))
    queue.go()
    return {"FINISHED"} if added else {"CANCELLED"}


def _add(context: bpy.types.Context, file: Path) -> None:
    image = bpy.data.images.load(str(file), check_existing=False)
    try:
        image.name = file.name
        queue.add(start.prepared(context, image, None))
    finally:
        bpy.data.images.remove(image)


CLASSES = (DRAPE_OT_queue_pictures,)
