# SPDX-License-Identifier: GPL-3.0-or-later
"""Recover Results."""

from __future__ import annotations

import bpy
from bpy.app.translations import pgettext_iface as iface_

from ..polls import unless
from ..result import files, scene_object
from ..wording import told
from .queue import queue


def why_nothing_to_recover(_: bpy.types.Context) -> str:
    """Why there is no result to recover, for the artist; empty where there are some."""
    return "" if queue.recoverable else "All results are in a saved file or in this one"


class DRAPE_OT_recover_results(bpy.types.Operator):
    """Import the finished results that are in no saved file, such as after a crash of Blender"""

    bl_idname = "drape.recover_results"
    bl_label = "Recover Results"
    bl_options = {"REGISTER", "UNDO"}

    poll = unless(scene_object.why_not_now, why_nothing_to_recover)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Imports all of them."""
        recovered = 0
        for entry in queue.recoverable:
            try:
                scene_object.add_object(context, files.read(entry.folder), select=True)
            except files.ResultError as error:
                self.report({"WARNING"}, told(error))
            else:
                recovered += 1
        self.report({"INFO"}, iface_("{:d} results recovered").format(recovered))
        return {"FINISHED"} if recovered else {"CANCELLED"}


CLASSES = (DRAPE_OT_recover_results,)
