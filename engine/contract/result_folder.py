# SPDX-License-Identifier: GPL-3.0-or-later
"""Names in the job folder, which is the result folder once the job is complete."""

from __future__ import annotations

FORMAT = 1
JOB = "job.json"
RESULT = "result.json"
LOG = "engine.log"
PREVIEW = "preview.png"
LOCK = ".lock"


PROMPT_PICTURE = "prompt.png"
"""The picture that was made from words."""


RESULT_FILES = (
    *("depth.npy", "normal.npy", "confidence.npy", "uv.npy", "mask.png", "texture.png", "mesh.npz", "mesh.glb"),
    PROMPT_PICTURE,
)
TURNTABLE = "turntable"
"""Folder of the pictures from around the front, in any result."""
VIEWS = "views"
"""Folder of the views, in a result of All Round."""
ORBIT = "orbit"
"""Folder of those that an unfinished job of All Round has so far."""
