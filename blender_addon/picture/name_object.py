# SPDX-License-Identifier: GPL-3.0-or-later
"""Name Object."""

from __future__ import annotations

from pathlib import Path

import bpy
from bpy.app.translations import pgettext_n as n_

from ..engine_client.task import Task
from ..polls import unless
from . import cutout


class DRAPE_OT_name_object(bpy.types.Operator):
    """Have an image-to-text model say what the object in the picture is; you can change the words"""

    bl_idname = "drape.name_object"
    bl_label = "Name Object"
    bl_options = {"INTERNAL"}

    poll = unless(cutout.why_not_now)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Asks the engine; its words go into the scene that asked, when they come."""
        scene = context.scene

        def take(_: Path, task: Task) -> None:
            scene.drape.object_name = task.output.decode().strip()

        options = ("--captioner", scene.drape.captioner or "auto", "--device", scene.drape.device)
        files = cutout.hand_over(self, context, use_mask=True)
        if files is None:
            return {"CANCELLED"}
        return cutout.ask(self, n_("Naming the object"), files, "name-object", *options, finish=take)


CLASSES = (DRAPE_OT_name_object,)
