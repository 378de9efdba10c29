# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a result has come into the scene: known, and asked, here only.

That it is in a *saved* file is another question, which the history of jobs answers after Blender has ended.
"""

from __future__ import annotations

from pathlib import Path

import bpy

from ..engine.contract.result_folder import answered, is_complete
from ..runner import runner
from . import origin
from .files import Result

_answers: dict[Path, str] = {}  # by job folder the digest of the result that this Blender has imported from it last


def remember(result: Result) -> None:
    """`result` was imported, whatever becomes of its object."""
    _answers[result.folder] = result.answer


def is_imported(folder: Path) -> bool:
    """Whether the very result that lies in `folder` now is in this file, or was imported by this Blender."""
    here = {obj.get(origin.ANSWER) for obj in bpy.data.objects if obj.get(origin.JOB) == str(folder)}
    answers = (here | {_answers.get(folder)}) - {None}
    return bool(answers) and answered(folder) in answers


def last_job(context: bpy.types.Context) -> Path | None:
    """The folder of the job that this Blender, else this scene, began last; None without one."""
    if runner.session.folder is not None:
        return runner.session.folder
    return Path(context.scene.drape.job) if context.scene.drape.job else None


def waiting(context: bpy.types.Context) -> Path | None:
    """The folder of that job if its result is complete and waits to be imported; None otherwise."""
    folder = last_job(context)
    return folder if folder and is_complete(folder) and not is_imported(folder) else None
