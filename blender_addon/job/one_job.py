# SPDX-License-Identifier: GPL-3.0-or-later
"""What operators on one job share."""

from __future__ import annotations

from pathlib import Path

import bpy

from ..engine_client.history import Entry
from .queue import queue


class OneJob:
    """An operator on the job in `folder`."""

    __annotations__ = {
        "folder": bpy.props.StringProperty(
            name="Job Folder", description="Folder of the job", options={"HIDDEN", "SKIP_SAVE"}
        )
    }

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Acts on the job, if the history knows it."""
        entry = queue.history.of(Path(self.folder))  # type: ignore[attr-defined]
        if entry is None:
            self.report({"ERROR"}, "This job is not in the history")  # type: ignore[attr-defined]
            return {"CANCELLED"}
        return self.act(context, entry)

    def act(self, context: bpy.types.Context, entry: Entry) -> set[str]:
        """Does what the operator is for; as `execute`."""
        raise NotImplementedError
