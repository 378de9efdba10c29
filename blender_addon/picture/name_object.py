# SPDX-License-Identifier: GPL-3.0-or-later
"""Name Object."""

from __future__ import annotations

import bpy
from bpy.app.translations import pgettext_n as n_

from ..engine_client.task import Task
from ..runner import runner
from ..setup.environment import NotSetUpError
from . import cutout
from .handover import HandOverError


class DRAPE_OT_name_object(bpy.types.Operator):
    """Have an image-to-text model say what the object in the picture is; you can change the words"""

    bl_idname = "drape.name_object"
    bl_label = "Name Object"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """There is a picture, and nothing else is going on."""
        reason = cutout.why_not_now(context)
        cls.poll_message_set(reason)
        return not reason

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Asks the engine; its words go into the scene that asked, when they come."""
        scene, file = context.scene, runner.file
        chosen = scene.drape

        def take(task: Task) -> None:
            if runner.file == file:
                scene.drape.object_name = task.output.decode().strip()

        options = ["--captioner", chosen.captioner or "auto", "--device", chosen.device]
        try:
            engine, inputs = cutout.handed_over(context, use_mask=True)
            task = Task(n_("Naming the object"), engine, lambda it: it.engine("name-object", *inputs, *options))
        except (HandOverError, NotSetUpError, OSError) as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        runner.start_task(task, take)
        return {"FINISHED"}


CLASSES = (DRAPE_OT_name_object,)
