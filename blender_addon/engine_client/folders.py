# SPDX-License-Identifier: GPL-3.0-or-later
"""Where jobs and the engine's environment lie, and how an unfinished job is found again."""

from __future__ import annotations

import os
import re
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from ..engine.contract.files import read_json
from ..engine.contract.result_folder import JOB

PICTURE_SUFFIX = ".picture.png"  # the engine writes no file that ends so
MASK_SUFFIX = ".mask.png"


def jobs_folder() -> Path:
    """The folder of the user's cache where job folders go unless she chooses another."""
    if sys.platform == "win32":
        return _windows() / "Jobs"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "Drape"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "drape")


def environment_folder() -> Path:
    """The folder of the user's data where *Set Up Engine* makes the engine's environment."""
    if sys.platform == "win32":
        return _windows() / "Engine"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "Drape" / "Engine"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share", "drape", "engine")


def python_in(environment: Path) -> Path:
    """The Python of the virtual environment in the folder `environment`."""
    return environment / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def new_job(jobs: Path, name: str, now: datetime) -> Path:
    """Makes an empty job folder in `jobs`, named after `now` and `name`, and returns it.

    Raises OSError where that isn't possible.
    """
    stem = f"{now:%Y-%m-%d %H.%M.%S} {file_name(name)}"
    number = 1
    while True:
        folder = jobs / (stem if number == 1 else f"{stem} {number}")
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            number += 1
        else:
            return folder


def file_name(name: str) -> str:
    """`name` without its ending and without what some file system refuses, at most 60 characters long."""
    stem = re.sub(r"\.(?:png|jpe?g|webp|tiff?|exr|hdr|bmp|gif)$", "", name, flags=re.IGNORECASE)
    return re.sub(r'[<>:"/\\|?*\x00-\x1f]', "_", stem)[:60].strip(" .") or "picture"


def request_to_resume(folder: Path) -> dict[str, Any] | None:
    """What the job in `folder` was asked for, as params of `reconstruct`; None where it can't go on."""
    try:
        record = read_json(folder / JOB) or {}
        values = {**record["job"], "output": str(folder), "overrides": record["settings"]}
        return {**values, "orbit": record["orbit"], "resume": True}
    except (KeyError, TypeError):
        return None


def _windows() -> Path:
    return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local", "Drape")
