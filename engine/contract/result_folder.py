# SPDX-License-Identifier: GPL-3.0-or-later
"""Names in the job folder, which is the result folder once the job is complete, and when it is.

Standard library only, since the add-on imports this file inside Blender.
"""

from __future__ import annotations

from pathlib import Path

from .files import read_json

FORMAT = 1
JOB = "job.json"
RESULT = "result.json"
LOG = "engine.log"
PREVIEW = "preview.png"
LOCK = ".lock"


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


def answered(folder: Path) -> str | None:
    """The digest of the job that the result in `folder` is of; None where there is no result."""
    result = read_json(folder / RESULT)
    return None if result is None else str(result.get("job", ""))


def is_complete(folder: Path) -> bool:
    """Whether `folder` holds a result, and of the very job that was begun there last."""
    digest = answered(folder)
    return digest is not None and digest == (read_json(folder / JOB) or {}).get("digest", digest)
