# SPDX-License-Identifier: GPL-3.0-or-later
"""Finish with These Views."""

from __future__ import annotations

import time
from pathlib import Path

import bpy

from ..engine_client import orbit
from ..engine_client.session import State
from ..job.one_job import OrbitJob
from ..runner import watch


class DRAPE_OT_stop_orbit(OrbitJob, bpy.types.Operator):
    """Make a result of the views that are there, without the rest of the way round"""

    bl_idname = "drape.stop_orbit"
    bl_label = "Finish with These Views"
    bl_options = {"REGISTER", "UNDO"}

    __annotations__ = {
        "views": bpy.props.IntProperty(
            name="Views", description="How many, the picture counted; 0 goes all round", options={"SKIP_SAVE"}
        )
    }

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Nothing but this job is going on."""
        return watch.session.state is State.RUNNING or super().poll(context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Gives up the view that is being painted, and begins the job again without it."""
        params = self.params()
        if params is None:
            return {"CANCELLED"}
        if watch.session.state is State.RUNNING and watch.session.folder != Path(self.folder):
            self.report({"ERROR"}, "A reconstruction is running")
            return {"CANCELLED"}
        watch.session.cancel(time.monotonic())
        return self.begin(context, orbit.ended(params, self.views))


CLASSES = (DRAPE_OT_stop_orbit,)
