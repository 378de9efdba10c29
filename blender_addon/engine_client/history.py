# SPDX-License-Identifier: GPL-3.0-or-later
"""The jobs of this user, waiting, running and done, as files: they outlive Blender, and several Blenders share them.

Each job has a file of its own in the folder `history` beside the job folders, since a job folder belongs to the engine.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, fields, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, TypedDict

from ..engine.contract.files import write_file
from ..engine.contract.messages import NOTHING, Message
from ..engine.contract.records import ResultRecord, checked, found_record, read_record
from ..engine.contract.result_folder import JOB, LOG, RESULT, is_complete, whole_result
from .folders import delete_job

HISTORY = "history"


class Status(StrEnum):
    """Where a job is."""

    WAITING = "WAITING"
    RUNNING = "RUNNING"
    DONE = "DONE"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


class _Params(TypedDict):
    output: str
    picture: str


class Params(_Params, total=False):
    """Those of the engine's `reconstruct` that the add-on counts with."""

    prompt: str
    mask: str
    method: str
    preset: str
    seed: int
    resume: bool
    overrides: dict[str, Any]


class MessageRecord(TypedDict):
    """See `Message.record`."""

    code: str
    params: dict[str, str | int | float]
    text: str
    hint: str


class EntryRecord(TypedDict):
    """What the file of an `Entry` holds; a message alone is what older versions wrote."""

    name: str
    params: Params
    status: str
    order: float
    message: MessageRecord | str
    saved: bool
    settings: dict[str, Any]
    seconds: dict[str, float]
    memory: int
    device: str


@dataclass(frozen=True)
class Entry:
    """One job.

    name: the picture's, or the words. params: those of the engine's `reconstruct`; `output` is the job folder. order:
    smaller ones are done first. message: why it failed. saved: its result is in a saved .blend. settings, seconds (by
    phase), memory (peak, bytes), device and verdict: what it took and how it went, empty until it is done.
    """

    name: str
    params: dict[str, Any]
    status: Status
    order: float
    message: Message = NOTHING
    saved: bool = False
    settings: dict[str, Any] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    memory: int = 0
    device: str = ""
    verdict: str = ""

    @property
    def folder(self) -> Path:
        """The job folder."""
        return Path(self.params["output"])

    @property
    def log(self) -> Path:
        """The engine's log of the job, whether it is there or not."""
        return self.folder / LOG

    @property
    def has_result(self) -> bool:
        """Whether the job folder holds a whole result."""
        return whole_result(self.folder) is not None

    @property
    def can_retry(self) -> bool:
        """Whether the job has ended, or was interrupted, before it was done, and its picture or words are there."""
        has_input = bool(self.params.get("prompt")) or os.path.isfile(self.params["picture"])
        return self.status is not Status.WAITING and not is_complete(self.folder) and has_input


def waiting(name: str, params: dict[str, Any]) -> Entry:
    """A new job at the end of the queue."""
    return Entry(name, params, Status.WAITING, time.time())


def retried(entry: Entry) -> Entry:
    """`entry` at the end of the queue once more; what was done already is not done again."""
    params = {**entry.params, "resume": os.path.isfile(entry.folder / JOB)}
    return replace(entry, params=params, status=Status.WAITING, order=time.time(), message=NOTHING)


def finished(entry: Entry) -> Entry:
    """`entry` with what its `result.json` says that it took. Raises InputError where that can't be read."""
    record = read_record(entry.folder / RESULT, ResultRecord)
    done = replace(entry, status=Status.DONE, message=NOTHING)
    if record is None:
        return done
    return replace(
        done,
        settings=record["settings"],
        seconds=record.get("seconds", {}),
        memory=max(record.get("peak_memory", {}).values(), default=0),
        device=record.get("device", ""),
        verdict=record["quality"].get("verdict", ""),
    )


class History:
    """The jobs whose folders lie in the folder `jobs`; files that others have written are noticed."""

    def __init__(self, jobs: Path) -> None:
        self.jobs = jobs
        self._folder = jobs / HISTORY
        self._read: dict[str, tuple[int, Entry]] = {}
        self._stamp = -1

    @property
    def entries(self) -> list[Entry]:
        """All of them by their order; the files are looked at only when their folder has changed."""
        try:
            stamp = self._folder.stat().st_mtime_ns
        except OSError:
            stamp, self._read = 0, {}
        if stamp != self._stamp:
            self._stamp = stamp
            self._read = dict(self._look()) if stamp else {}
        return sorted((entry for _, entry in self._read.values()), key=lambda entry: entry.order)

    def of(self, folder: Path) -> Entry | None:
        """The job in `folder`; None for one that isn't known."""
        return next((entry for entry in self.entries if entry.folder == folder), None)

    def write(self, entry: Entry) -> None:
        """Keeps `entry`, in place of an earlier one of the same job. Raises OSError."""
        self._folder.mkdir(parents=True, exist_ok=True)
        record = {**asdict(entry), "message": entry.message.record()}
        write_file(self._file(entry), json.dumps(record, indent=1).encode())
        self._stamp = -1

    def remove(self, entry: Entry) -> None:
        """Forgets `entry` and deletes its job folder. Raises OSError."""
        delete_job(self.jobs, entry.folder)
        self._file(entry).unlink(missing_ok=True)
        self._stamp = -1

    def _file(self, entry: Entry) -> Path:
        return self._folder / f"{entry.folder.name}.json"

    def _look(self) -> Iterator[tuple[str, tuple[int, Entry]]]:
        with os.scandir(self._folder) as files:
            for file in files:
                if not file.name.endswith(".json") or file.name.startswith("."):
                    continue
                stamp = file.stat(follow_symlinks=False).st_mtime_ns
                before = self._read.get(file.name)
                if before is not None and before[0] == stamp:
                    yield file.name, before
                elif (entry := _read(Path(file.path))) is not None:
                    yield file.name, (stamp, entry)


def size_of(folder: Path) -> int:
    """Bytes of all files in `folder`; 0 where there is none."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def _read(file: Path) -> Entry | None:
    """The entry in `file`; None where that can't be read, or another version of the extension has written it."""
    record = found_record(file, dict)
    try:
        values: dict[str, Any] = dict(checked(record, EntryRecord))
        if set(values) != {one.name for one in fields(Entry)}:
            return None
        told = Message.of_record(values["message"])
        return Entry(**{**values, "status": Status(values["status"]), "message": told})
    except ValueError:
        return None
