# SPDX-License-Identifier: GPL-3.0-or-later
"""The job folder: what a job was asked for, who works on it, where it stopped, and when it is complete.

`job.json` is written when a job starts, `result.json` last of all, with the digest of the job that it answers. So:
a folder without `job.json` is none of ours; one whose `result.json` answers its `job.json`, and all of whose files are
there, is complete; any other is unfinished. Files are written under another name and renamed; an older result stays
until a new one replaces it as a whole (`replacement`).
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from filelock import FileLock, Timeout

from engine.checkpoint import Checkpoint
from engine.contract.files import is_link, remove_folder, write_json
from engine.contract.records import JobRecord, ResultRecord, read_record
from engine.contract.result_folder import (
    FOLDERS,
    JOB,
    LOCK,
    LOG,
    NEW,
    ORBIT,
    PREVIEW,
    RESULT,
    is_ours,
    is_part,
    view_picture,
    whole_result,
)
from engine.errors import InputError
from engine.job.replacement import settle
from engine.job.request import FILES, digest, essence


class JobFolder:
    """The folder of one job, held by this process; made by `hold`.

    `complete`: the result of just this job lies there already. `resumed`: an unfinished one of just this job does,
    or of one that only asks something else of single views, and it is to go on.
    """

    def __init__(self, path: Path, record: JobRecord, *, complete: bool, resumed: bool) -> None:
        self.path = path
        self.record = record
        self.complete = complete
        self.resumed = resumed
        self.checkpoint = Checkpoint(path, identity(record))
        self.kept = kept_in(path, record)
        self._begun = resumed

    @property
    def log(self) -> Path:
        """The job's log, where tracebacks go."""
        return self.path / LOG

    def begin(self) -> None:
        """Makes this folder the unfinished one of its job, when it isn't known yet which model computes it."""
        if not self._begun:
            self._clear()
            write_json(self.path / JOB, {**self.record, "digest": digest(self.record)})

    def start(self, guidance: str) -> None:
        """Makes this folder the unfinished one of its job, computed with the model named `guidance`.

        A resumed job keeps its checkpoint; raises InputError when that was computed with another model. Else what an
        unfinished job left is removed; an older result stays.
        """
        if self.resumed:
            begun = read_record(self.path / JOB, JobRecord)
            if begun is not None and (before := begun.get("model", guidance)) != guidance:
                raise InputError("resume-other-model", before=before, now=guidance)
        elif not self._begun:
            self._clear()
        write_json(self.path / JOB, {**self.record, "model": guidance, "digest": digest(self.record)})

    def _clear(self) -> None:
        self._begun = True
        self.checkpoint.remove()
        remove_folder(self.path / ORBIT)
        (self.path / PREVIEW).unlink(missing_ok=True)


@contextmanager
def hold(record: JobRecord, *, resume: bool, overwrite: bool) -> Iterator[JobFolder]:
    """Locks the job folder of `record`, making it where missing, and keeps the job's log there meanwhile; what a kill
    left half done in it is cleared up first.

    Raises InputError when another process holds it, when it is something else than a job folder or its records can't
    be read, when it holds a complete result and neither `resume` nor `overwrite` is asked for, and when `resume` finds
    another job.
    """
    path = Path(record["job"]["output"])
    try:
        _check_ours(path, record)
        path.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path / LOCK, timeout=0)
        lock.acquire()
    except Timeout:
        raise InputError("folder-busy", folder=str(path)) from None
    except OSError as error:
        raise InputError("folder-read-only", folder=str(path), cause=str(error.strerror)) from None
    try:
        before = read_record(path / JOB, JobRecord)
        settle(path, kept_in(path, record) | (kept_in(path, before) if before is not None else set()))
        for left in [path for path in path.iterdir() if is_part(path.name)]:
            left.unlink()
        remove_folder(path / NEW)
        folder = _examine(path, before, record, resume=resume, overwrite=overwrite)
        with _logging_to(folder):
            yield folder
    finally:
        lock.release()


def _examine(path: Path, before: JobRecord | None, record: JobRecord, *, resume: bool, overwrite: bool) -> JobFolder:
    read_record(path / RESULT, ResultRecord)  # one that is none of ours is refused, not replaced
    result = whole_result(path)
    goes_on = before is not None and essence(before) == essence(record)
    complete = before is not None and result is not None and (
        result.get("job") == before.get("digest") == digest(record)
    )  # fmt: skip
    if resume and before is not None and not goes_on:
        raise InputError("resume-other-job", folder=str(path), names=_difference(before, record))
    if result is not None and not resume and not overwrite:
        raise InputError("folder-holds-result", folder=str(path))
    return JobFolder(path, record, complete=resume and complete, resumed=resume and goes_on and not complete)


def _check_ours(path: Path, record: JobRecord) -> None:
    """Raises InputError unless `path` is missing, a job folder, or holds nothing but the job's own input; and where
    that would be replaced, or something lies in the way that isn't what we put there.
    """
    if not path.exists():
        return
    if not path.is_dir():
        raise InputError("folder-is-file", folder=str(path))
    kept = kept_in(path, record)
    inputs = {name: file for file in _inputs(record) if (name := _name_in(path, file))}
    for name, file in inputs.items():
        if is_ours(name) and name not in kept:
            raise InputError("input-in-the-way", file=str(file))
    for obstacle in _obstacles(path):
        raise InputError("folder-obstructed", file=str(obstacle))
    if read_record(path / JOB, JobRecord) is None:
        known = {LOCK, LOG, *(name.partition("/")[0] for name in inputs)}
        if any(file.name not in known and not is_part(file.name) for file in path.iterdir()):
            raise InputError("folder-of-others", folder=str(path))


def kept_in(path: Path, record: JobRecord) -> set[str]:
    """The names within the folder `path` of views that the artist has painted over in their place, and that the job of
    `record` is given: they are hers, and belong to the result as well.
    """
    pictures = record.get("orbit", {"pictures": {}})["pictures"]
    names = {name for view, file in pictures.items() if (name := _name_in(path, Path(file))) and view.isdecimal()
             and name == view_picture(int(view))}  # fmt: skip
    return names


def _inputs(record: JobRecord) -> list[Path]:
    """The files that the job reads."""
    job: Mapping[str, Any] = record["job"]
    pictures = record.get("orbit", {"pictures": {}})["pictures"]
    return [Path(file) for file in (*(job.get(name) for name in FILES), *pictures.values()) if file]


def _name_in(folder: Path, file: Path) -> str:
    """The name of `file` within `folder`, wherever links lead to it; empty where it lies elsewhere."""
    within, real = Path(os.path.realpath(folder)), Path(os.path.realpath(file))
    return real.relative_to(within).as_posix() if real.is_relative_to(within) else ""


def _obstacles(path: Path) -> Iterator[Path]:
    """What lies in the job folder `path` where something of ours belongs, and is a link or no file."""
    for entry in path.iterdir():
        if entry.name.lower() in FOLDERS:
            if is_link(entry) or not entry.is_dir():
                yield entry
            for place, folders, files in os.walk(entry):
                yield from (link for name in (*folders, *files) if is_link(link := Path(place, name)))
        elif is_ours(entry.name) and (is_link(entry) or not entry.is_file()):
            yield entry


@contextmanager
def _logging_to(folder: JobFolder) -> Iterator[None]:
    """Sends all that the engine logs to the job's log as well; a job that goes on appends to it."""
    mode = "a" if folder.resumed or folder.complete else "w"
    logger = logging.getLogger("engine")
    level = logger.level
    with open(folder.log, mode, encoding="utf-8", errors="backslashreplace", opener=_never_through_a_link) as log:
        handler = _Log(log)
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
        logger.setLevel(logging.DEBUG)
        logger.addHandler(handler)
        try:
            yield
        finally:
            logger.removeHandler(handler)
            logger.setLevel(level)
            with contextlib.suppress(OSError):  # a full disk
                log.close()


class _Log(logging.StreamHandler[IO[str]]):
    """Loses what a full disk has no room for."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """Says nothing of it."""


def _never_through_a_link(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0), 0o666)


def identity(record: JobRecord) -> str:
    """SHA-256 over what a job that goes on was begun with; see `essence`."""
    return hashlib.sha256(json.dumps(essence(record), sort_keys=True).encode()).hexdigest()


def _difference(before: JobRecord, record: JobRecord) -> str:
    old, new = essence(before), essence(record)
    changed = (name.partition(" ")[2].replace("_", " ") for name in new if old.get(name) != new[name])
    return ", ".join(dict.fromkeys(changed))
