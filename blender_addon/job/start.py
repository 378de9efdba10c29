# SPDX-License-Identifier: GPL-3.0-or-later
"""Begins jobs: from what the artist chose, or from a folder where one was left unfinished."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path

import bpy

from ..engine.contract.result_folder import JOB, is_complete
from ..engine_client import folders, history
from ..engine_client.history import Entry
from ..engine_client.session import State
from ..picture import handover
from ..picture.handover import HandOverError
from ..result import imported
from ..runner import runner, why_busy
from ..setup.environment import NotSetUpError, jobs_folder, why_not_set_up
from ..wording import told, worded, worded_hint
from .queue import queue


def why_not_now(context: bpy.types.Context) -> str:
    """Why no job can begin at the moment, for the artist; empty where one can."""
    if runner.job_runs:
        return "A reconstruction is running"
    return why_busy(context) if runner.task is not None else why_not_set_up(context)


def why_nothing_to_make(context: bpy.types.Context) -> str:
    """Why there is nothing to make a mesh of, for the artist; empty where there is."""
    chosen = context.scene.drape
    return "" if chosen.picture or chosen.words else "Choose a picture, or say in words what is to be made"


def begin_new(operator: bpy.types.Operator, context: bpy.types.Context) -> set[str]:
    """Begins the job that the scene describes, as the work of `operator`; returns what that has to return."""
    try:
        entry = prepared(context, context.scene.drape.picture, context.scene.drape.mask)
    except HandOverError as error:
        operator.report({"ERROR"}, told(error))
        return {"CANCELLED"}
    return begin(operator, context, entry)


def prepared(context: bpy.types.Context, picture: bpy.types.Image | None, mask: bpy.types.Image | None) -> Entry:
    """A job on `picture`, or on the scene's words where that is None, as the scene describes it, with a folder that
    holds its input. Raises HandOverError.
    """
    request = context.scene.drape.request()
    if picture is None:
        name, request["object"] = request["prompt"], ""
    else:
        name, request["prompt"] = picture.name, ""
    try:
        folder = folders.new_job(jobs_folder(), name, datetime.now())
    except OSError as error:
        cause = str(error.strerror)
        raise HandOverError("jobs-folder-read-only", folder=str(jobs_folder()), cause=cause) from None
    stem = folders.file_name(name)
    files = {"picture": "", "mask": "", "output": str(folder)}
    try:
        if picture is not None:
            files["picture"] = str(folder / f"{stem}{folders.PICTURE_SUFFIX}")
            handover.save(picture, context.scene, Path(files["picture"]))
        if mask is not None:
            files["mask"] = str(folder / f"{stem}{folders.MASK_SUFFIX}")
            handover.save(mask, context.scene, Path(files["mask"]))
    except HandOverError:
        shutil.rmtree(folder)
        raise
    return history.waiting(stem, dict(**request, **files))


def begin(operator: bpy.types.Operator, context: bpy.types.Context, entry: Entry) -> set[str]:
    """Begins the job `entry` before all that wait, as the work of `operator`.

    With a window this returns at once, in background Blender when the job has ended.
    """
    try:
        queue.start(entry)
    except (NotSetUpError, OSError) as error:
        operator.report({"ERROR"}, told(error))
        return {"CANCELLED"}
    context.scene.drape.job = str(entry.folder)
    runner.follow()
    if runner.session.state is State.FAILED:
        message = runner.failure.message
        operator.report({"ERROR"}, f"{worded(message)} {worded_hint(message)}".strip())
        return {"CANCELLED"}
    return {"FINISHED"}


def unfinished(context: bpy.types.Context) -> Path | None:
    """The folder of the job that this session, else this scene, began last and that can go on; None without one."""
    folder = imported.last_job(context)
    return folder if folder and not is_complete(folder) and (folder / JOB).is_file() else None
