# SPDX-License-Identifier: GPL-3.0-or-later
"""Names in the job folder, which is the result folder once the job is complete, and when it is.

Standard library only, since the add-on imports this file inside Blender.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from .records import JobRecord, ResultRecord, found_record

FORMAT = 1
JOB = "job.json"
RESULT = "result.json"
LOG = "engine.log"
PREVIEW = "preview.png"
LOCK = ".lock"
NEW = ".new"
"""Folder in which a result is written beside an older one."""
READY = ".ready"
"""The same, from when the new result is whole until all of it stands in the older one's place."""

PROMPT_PICTURE = "prompt.png"
"""The picture that was made from words."""


NORMAL_MAP = "normal_map.png"
"""Tangent space, green up; only on wish."""
RESULT_FILES = (
    *("depth.npy", "normal.npy", "confidence.npy", "uv.npy", "mask.png", "texture.png", "mesh.npz", "mesh.glb"),
    NORMAL_MAP,
    PROMPT_PICTURE,
)
TURNTABLE = "turntable"
"""Folder of the pictures from around the front, in any result."""
VIEWS = "views"
"""Folder of the views, in a result of All Round."""
ORBIT = "orbit"
"""Folder of those that an unfinished job of All Round has so far."""

FOLDERS = (VIEWS, TURNTABLE, ORBIT, NEW, READY)
"""What of ours in a job folder is a folder."""

_PART = r"(?:\.(?:job|result|preview|checkpoint[^/]*)\.part\.[a-z]+)"
_KEPT = rf"(?:job\.json|{RESULT.replace('.', '[.]')}|engine\.log|preview\.png|\.lock|checkpoint[^/]*|{_PART})"
_OF_RESULT = re.compile(
    rf"(?:{'|'.join(map(re.escape, RESULT_FILES))}|{TURNTABLE}/\d{{3}}\.png"
    rf"|{VIEWS}/\d{{3}}/(?:color\.png|mask\.png|depth\.npy|camera\.json))",
    re.IGNORECASE,  # as many a file system
)
_OURS = re.compile(rf"{_KEPT}|(?:{ORBIT}|{re.escape(NEW)}|{re.escape(READY)})(?:/.*)?", re.IGNORECASE)


def is_of_result(name: str) -> bool:
    """Whether the file `name`, a path within the job folder with slashes, is one that results consist of."""
    return _OF_RESULT.fullmatch(name) is not None


def is_ours(name: str) -> bool:
    """Whether the engine writes and deletes the file `name`, a path within the job folder with slashes."""
    return is_of_result(name) or _OURS.fullmatch(name) is not None


def is_part(name: str) -> bool:
    """Whether a file in the job folder with this `name` is one that wasn't finished."""
    return re.fullmatch(_PART, name) is not None


def view_picture(view: int) -> str:
    """The name within the job folder of a view's picture."""
    return f"{VIEWS}/{view:03d}/color.png"


def whole_result(folder: Path) -> ResultRecord | None:
    """What `result.json` in `folder` tells, where all files that it lists are there; else None."""
    record = found_record(folder / RESULT, ResultRecord)
    if record is None or not record.get("files") or not all(_lies_in(folder, name) for name in record["files"]):
        return None
    return record


def answered(folder: Path) -> str | None:
    """The digest of the job that the result in `folder` is of; None where there is no whole result."""
    record = whole_result(folder)
    return None if record is None else record.get("job", "")


def is_complete(folder: Path) -> bool:
    """Whether `folder` holds a whole result, and of the very job that was begun there last."""
    digest = answered(folder)
    if digest is None:
        return False
    begun = found_record(folder / JOB, JobRecord)
    return begun is None or begun.get("digest", digest) == digest


def _lies_in(folder: Path, name: str) -> bool:
    path = Path(name)
    return not path.is_absolute() and ".." not in path.parts and os.path.isfile(folder / path)
