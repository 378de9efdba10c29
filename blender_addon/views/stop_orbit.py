# SPDX-License-Identifier: GPL-3.0-or-later
"""Finish with These Views."""

from __future__ import annotations

from pathlib import Path

import bpy

from ..engine_client import views
from ..runner import runner
from .one_view import OrbitJob


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
        return runner.job_runs or super().poll(context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Gives up the view that is being painted, and begins the job again without it."""
        params = self.params()
        if params is None:
            return {"CANCELLED"}
        if runner.job_runs and runner.session.folder != Path(self.folder):
            self.report({"ERROR"}, "A reconstruction is running")
            return {"CANCELLED"}
        runner.cancel_job()
        return self.begin(context, views.ended(params, self.views))


CLASSES = (DRAPE_OT_stop_orbit,)
