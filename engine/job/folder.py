# SPDX-License-Identifier: GPL-3.0-or-later
"""The job folder: what a job was asked for, who works on it, where it stopped, and when it is complete.

`job.json` is written when a job starts, `result.json` last of all, with the digest of the job that it answers. So:
a folder without `job.json` is none of ours; one whose `result.json` answers its `job.json` is complete; any other is
unfinished. Files are written under another name and renamed; an older result stays until a new one replaces it.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from engine.checkpoint import Checkpoint
from engine.contract.files import read_json, write_json
from engine.contract.result_folder import (
    JOB,
    LOCK,
    LOG,
    ORBIT,
    PREVIEW,
    RESULT,
    RESULT_FILES,
    answered,
    is_complete,
)  # fmt: skip
from engine.errors import InputError
from engine.job.request import FILES, digest, essence

if TYPE_CHECKING:
    pass


class JobFolder:
    """The folder of one job, held by this process; made by `hold`.

    `complete`: the result of just this job lies there already. `resumed`: an unfinished one of just this job does,
    or of one that only asks something else of single views, and it is to go on.
    """

    def __init__(self, path: Path, record: dict[str, Any], *, complete: bool, resumed: bool) -> None:
        self.path = path
        self.record = record
        self.complete = complete
        self.resumed = resumed
        self.checkpoint = Checkpoint(path)

    @property
    def log(self) -> Path:
        """The job's log, where tracebacks go."""
        return self.path / LOG

    def begin(self) -> None:
        """Makes this folder the unfinished one of its job, when it isn't known yet which model computes it."""
        if not self.resumed:
            self._clear()
            write_json(self.path / JOB, {**self.record, "digest": digest(self.record)})

    def start(self, guidance: str) -> None:
        """Makes this folder the unfinished one of its job, computed with the model named `guidance`.

        A resumed job keeps its checkpoint; raises InputError when that was computed with another model. Else what an
        unfinished job left is removed; an older result stays.
        """
        if self.resumed:
            if (before := (read_json(self.path / JOB) or {}).get("model", guidance)) != guidance:
                raise InputError("resume-other-model", before=before, now=guidance)
        else:
            self._clear()
        write_json(self.path / JOB, {**self.record, "model": guidance, "digest": digest(self.record)})

    def _clear(self) -> None:
        self.checkpoint.remove()
        shutil.rmtree(self.path / ORBIT, ignore_errors=True)
        (self.path / PREVIEW).unlink(missing_ok=True)


@contextmanager
def hold(record: dict[str, Any], *, resume: bool, overwrite: bool) -> Iterator[JobFolder]:
    """Locks the job folder of `record`, making it where missing, and keeps the job's log there meanwhile.

    Raises InputError when another process holds it, when it is something else than a job folder, when it holds a
    complete result and neither `resume` nor `overwrite` is asked for, and when `resume` finds another job.
    """
    path = Path(record["job"]["output"])
    _check_ours(path, record)
    try:
        path.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path / LOCK, timeout=0)
        lock.acquire()
    except Timeout:
        raise InputError("folder-busy", folder=str(path)) from None
    except OSError as error:
        raise InputError("folder-read-only", folder=str(path), cause=str(error.strerror)) from None
    try:
        folder = _examine(path, record, resume=resume, overwrite=overwrite)
        with _logging_to(folder):
            yield folder
    finally:
        lock.release()


def _examine(path: Path, record: dict[str, Any], *, resume: bool, overwrite: bool) -> JobFolder:
    before, result = read_json(path / JOB), read_json(path / RESULT)
    goes_on = before is not None and essence(before) == essence(record)
    complete = before is not None and is_complete(path) and answered(path) == digest(record)
    if resume and before is not None and not goes_on:
        raise InputError("resume-other-job", folder=str(path), names=_difference(before, record))
    if result is not None and not resume and not overwrite:
        raise InputError("folder-holds-result", folder=str(path))
    return JobFolder(path, record, complete=resume and complete, resumed=resume and goes_on and not complete)


def _check_ours(path: Path, record: Mapping[str, Any]) -> None:
    """Raises InputError unless `path` is missing, a job folder, or holds nothing but the job's own input."""
    if not path.exists():
        return
    if not path.is_dir():
        raise InputError("folder-is-file", folder=str(path))
    inputs = {Path(record["job"][name]) for name in FILES if record["job"][name]}
    inputs |= {Path(file) for file in record["orbit"]["pictures"].values()}
    for file in inputs:
        if file.parent == path and file.name in (*RESULT_FILES, PREVIEW):
            raise InputError("input-in-the-way", file=str(file))
    if read_json(path / JOB) is None and any(
        file not in inputs and file.name not in (LOCK, LOG) for file in path.iterdir()
    ):
        raise InputError("folder-of-others", folder=str(path))


@contextmanager
def _logging_to(folder: JobFolder) -> Iterator[None]:
    """Sends all that the engine logs to the job's log as well; a job that goes on appends to it."""
    handler = logging.FileHandler(folder.log, mode="a" if folder.resumed or folder.complete else "w", encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logger = logging.getLogger("engine")
    level = logger.level
    logger.setLevel(logging.DEBUG)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
        handler.close()


def _difference(before: Mapping[str, Any], record: Mapping[str, Any]) -> str:
    old, new = essence(before), essence(record)
    changed = (name.partition(" ")[2].replace("_", " ") for name in new if old.get(name) != new[name])
    return ", ".join(dict.fromkeys(changed))
