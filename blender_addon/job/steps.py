# SPDX-License-Identifier: GPL-3.0-or-later
"""What the add-on does while a job runs, and when it has ended, in this order."""

from __future__ import annotations

import bpy

from .. import runner as running
from ..engine.contract.messages import Message
from ..engine_client.session import Failure, State
from ..result import scene_object
from ..runner import runner
from . import hands, preview, status_line
from .queue import queue


def import_result() -> None:
    """Imports the result of a job that is done, if it can be at the moment; else it waits for the artist."""
    if runner.session.state is not State.DONE or not queue.imports_here or scene_object.why_not_now(bpy.context):
        return
    window, idle = bpy.context.window_manager.windows[0], not queue.she_works
    # True: an undo step of its own, which an operator called from a timer does not make otherwise.
    with bpy.context.temp_override(window=window):
        try:
            bpy.ops.drape.import_result("EXEC_DEFAULT", True, directory=str(runner.session.folder), select=idle)
        except RuntimeError as error:  # what the operator has reported
            cause = str(error).removeprefix("Error: ").strip()
            runner.session.fail(Failure(Message("import-failed", {"cause": cause})))
            return
    if idle and not bpy.app.background:
        hands.frame(window)


def register() -> None:
    """Has the runner tell how the job goes."""
    running.while_job_runs[:] = [preview.update]
    running.when_job_ends[:] = [import_result, status_line.job_ended, preview.forget, queue.job_ended]


def unregister() -> None:
    """Undoes that."""
    running.while_job_runs.clear()
    running.when_job_ends.clear()
