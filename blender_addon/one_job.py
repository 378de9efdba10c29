# SPDX-License-Identifier: GPL-3.0-or-later
"""What operators on one job of the history share."""

from __future__ import annotations

from pathlib import Path

import bpy

from .engine_client.history import Entry
from .job_queue import queue


class OneJob:
    """An operator on the job in `folder`."""

    __annotations__ = {
        "folder": bpy.props.StringProperty(
            name="Job Folder", description="Folder of the job", options={"HIDDEN", "SKIP_SAVE"}
        )
    }

    def entry(self) -> Entry | None:
        """What the history knows of it; None, and reported, where that is nothing."""
        entry = queue.history.of(Path(self.folder))  # type: ignore[attr-defined]
        if entry is None:
            self.report({"ERROR"}, "This job is not in the history")  # type: ignore[attr-defined]
        return entry
