# SPDX-License-Identifier: GPL-3.0-or-later
"""What operators on the views of a job share."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import bpy

from ..engine_client import folders, history
from ..job import start
from ..job.one_job import OneJob
from ..job.queue import queue
from ..polls import unless


class OrbitJob(OneJob):
    """An operator that changes what is asked of the views of the job of All Round in `folder`, finished or not."""

    poll = unless(start.why_not_now)

    def params(self) -> dict[str, Any] | None:
        """What the job was asked for, and to go on; None, and reported, where that can't be read."""
        params = folders.request_to_resume(Path(self.folder))  # type: ignore[attr-defined]
        if params is None:
            self.report({"ERROR"}, "This job can't be read")  # type: ignore[attr-defined]
        return params

    def begin(self, context: bpy.types.Context, params: dict[str, Any]) -> set[str]:
        """Has the job go on with other `params`; its result stays until the new one is there."""
        folder = Path(params["output"])
        entry = queue.history.of(folder) or history.waiting(folder.name, params)
        return start.begin(self, context, replace(entry, params=params, saved=False))


class OneView(OrbitJob):
    """One of these for a single view."""

    __annotations__ = {
        "view": bpy.props.IntProperty(
            name="View", description="Number of the view; 0 is the picture", min=1, options={"HIDDEN", "SKIP_SAVE"}
        )
    }
