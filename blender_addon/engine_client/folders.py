# SPDX-License-Identifier: GPL-3.0-or-later
"""Where jobs and the engine's environment lie, and how an unfinished job is found again."""

from __future__ import annotations

import os
import re
import shutil
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from ..engine.contract.files import is_link
from ..engine.contract.records import JobRecord, found_record
from ..engine.contract.result_folder import FOLDERS, JOB, is_ours

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
    record = found_record(folder / JOB, JobRecord)
    if record is None or "orbit" not in record:
        return None
    values = {**record["job"], "output": str(folder), "overrides": record["settings"]}
    return {**values, "orbit": record["orbit"], "resume": True}


def delete_job(jobs: Path, folder: Path) -> None:
    """Deletes the job folder `folder` where it lies right in the folder `jobs` and holds a job; else does nothing: an
    entry of the history may say anything. Raises OSError.
    """
    lies_there = not is_link(folder) and folder.resolve().parent == jobs.resolve() != folder.resolve()
    if lies_there and folder.is_dir() and _holds_job(folder):
        shutil.rmtree(folder)


def _holds_job(folder: Path) -> bool:
    """Whether a job was begun in `folder`, or nothing is there but what one needs to begin."""
    if found_record(folder / JOB, JobRecord) is not None:
        return True
    return all(
        file.name.endswith((PICTURE_SUFFIX, MASK_SUFFIX)) or file.name in FOLDERS or is_ours(file.name)
        for file in folder.iterdir()
    )


def _windows() -> Path:
    return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local", "Drape")
