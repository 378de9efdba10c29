# SPDX-License-Identifier: GPL-3.0-or-later
"""Remove Job."""

from __future__ import annotations

import bpy
from bpy.app.translations import pgettext_iface as iface_

from ..engine_client.history import Entry
from .one_job import OneJob
from .queue import queue


class DRAPE_OT_remove_job(OneJob, bpy.types.Operator):
    """Forget the job and delete its folder; objects that were made from it stay"""

    bl_idname = "drape.remove_job"
    bl_label = "Remove Job"
    bl_options = {"INTERNAL"}

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Asks first."""
        return context.window_manager.invoke_confirm(self, event)

    def act(self, _: bpy.types.Context, entry: Entry) -> set[str]:
        """Removes it."""
        if queue.is_running(entry):
            self.report({"ERROR"}, "Cancel the job first")
            return {"CANCELLED"}
        try:
            queue.history.remove(entry)
        except OSError as error:
            self.report({"ERROR"}, iface_("'{}' can't be deleted: {}").format(entry.folder, error.strerror))
            return {"CANCELLED"}
        return {"FINISHED"}


CLASSES = (DRAPE_OT_remove_job,)
