# SPDX-License-Identifier: GPL-3.0-or-later
"""Begins jobs: from what the artist chose, or from a folder where one was left unfinished."""

from __future__ import annotations

import shutil
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import bpy

from . import picture_handover
from .engine_client import folders
from .engine_client.session import State
from .picture_handover import HandOverError
from .preferences import NotSetUpError, engine_python, jobs_folder, launch
from .watch import watch


def why_not_now() -> str:
    """Why no job can begin at the moment, for the artist; empty where one can."""
    if watch.session.state is State.RUNNING:
        return "A reconstruction is running"
    if watch.task is not None:
        return "Wait until the running task is finished"
    if not engine_python().is_file():
        return "Set up the engine first"
    return ""


def begin_new(operator: bpy.types.Operator, context: bpy.types.Context) -> set[str]:
    """Begins the job that the scene describes, as the work of `operator`; returns what that has to return."""
    chosen = context.scene.drape
    try:
        folder = folders.new_job(jobs_folder(), chosen.picture.name, datetime.now())
    except OSError as error:
        operator.report({"ERROR"}, f"The jobs folder '{jobs_folder()}' can't be written to ({error.strerror}).")
        return {"CANCELLED"}
    stem = folders.file_name(chosen.picture.name)
    picture, mask = folder / f"{stem}{folders.PICTURE_SUFFIX}", folder / f"{stem}{folders.MASK_SUFFIX}"
    try:
        picture_handover.save(chosen.picture, context.scene, picture)
        if chosen.mask is not None:
            picture_handover.save(chosen.mask, context.scene, mask)
    except HandOverError as error:
        shutil.rmtree(folder)
        operator.report({"ERROR"}, str(error))
        return {"CANCELLED"}
    files = {"picture": str(picture), "mask": str(mask) if chosen.mask else "", "output": str(folder)}
    return begin(operator, context, {**chosen.request(), **files})


def begin(operator: bpy.types.Operator, context: bpy.types.Context, params: dict[str, Any]) -> set[str]:
    """Begins the job described by `params` (those of the engine's `reconstruct`), as the work of `operator`.

    With a window this returns at once, in background Blender when the job has ended.
    """
    try:
        watch.session.start(launch("worker"), params, time.monotonic())
    except NotSetUpError as error:
        operator.report({"ERROR"}, f"{error}.")
        return {"CANCELLED"}
    context.scene.drape.job = params["output"]
    watch.job_begins()
    watch.follow()
    if watch.session.state is State.FAILED:
        operator.report({"ERROR"}, f"{watch.failure.message} {watch.failure.hint}")
        return {"CANCELLED"}
    return {"FINISHED"}


def unfinished(context: bpy.types.Context) -> Path | None:
    """The folder of the job that this session, else this scene, began last and that can go on; None without one."""
    folder = _last(context)
    return folder if folder and not folders.is_complete(folder) and (folder / folders.JOB).is_file() else None


def waiting(context: bpy.types.Context) -> Path | None:
    """The folder of that job if it is complete and its result in no scene of this file yet; None otherwise."""
    folder = _last(context)
    if folder is None or watch.imported or not folders.is_complete(folder):
        return None
    return None if any(made.get("drape_job") == str(folder) for made in bpy.data.objects) else folder


def _last(context: bpy.types.Context) -> Path | None:
    if watch.session.folder is not None:
        return watch.session.folder
    return Path(context.scene.drape.job) if context.scene.drape.job else None
