# SPDX-License-Identifier: GPL-3.0-or-later
"""The job folder: what a job was asked for, who works on it, where it stopped, and when it is complete.

`job.json` is written when a job starts, `result.json` last of all, with the digest of the job that it answers. So:
a folder without `job.json` is none of ours; one whose `result.json` answers its `job.json` is complete; any other is
unfinished. Files are written under another name and renamed; an older result stays until a new one replaces it.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import logging
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from engine import points, settings
from engine.errors import InputError
from engine.orbit import Orbit
from engine.version import version

if TYPE_CHECKING:
    import torch

FORMAT = 1
JOB = "job.json"
RESULT = "result.json"
LOG = "engine.log"
PREVIEW = "preview.png"
CHECKPOINT = "checkpoint.safetensors"
PART_CHECKPOINT = "checkpoint-{part}.safetensors"
LOCK = ".lock"
PROMPT_PICTURE = "prompt.png"
"""The picture that was made from words."""
RESULT_FILES = (
    *("depth.npy", "normal.npy", "confidence.npy", "uv.npy", "mask.png", "texture.png", "mesh.npz", "mesh.glb"),
    PROMPT_PICTURE,
)
INPUTS = ("picture", "mask", "depth", "normal")
"""Fields of a job that name a file to read."""
TURNTABLE = "turntable"
"""Folder of the pictures from around the front, in any result."""
VIEWS = "views"
"""Folder of the views, in a result of All Round."""
ORBIT = "orbit"
"""Folder of those that an unfinished job of All Round has so far."""

CHECKPOINT_EVERY = 10.0


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Gives the name to write under; afterwards that file replaces `path`, or vanishes when writing failed."""
    part = path.with_name(f".{path.stem}.part{path.suffix}")
    try:
        yield part
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Writes `value` to `path`, all of it or nothing."""
    with replacing(path) as part:
        part.write_text(json.dumps(value, indent=2, allow_nan=False) + "\n", encoding="utf-8")


def read_json(path: Path) -> dict[str, Any] | None:
    """The object in the JSON file `path`; None when there is no such file or it holds something else."""
    try:
        value = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return value if isinstance(value, dict) else None


@dataclasses.dataclass(frozen=True)
class Request:
    """One reconstruction as asked for, checked: paths absolute, settings resolved."""

    job: settings.Job
    settings: settings.Settings
    orbit: Orbit

    @classmethod
    def check(
        cls, values: Mapping[str, Any], overrides: Mapping[str, Any], orbit: Mapping[str, Any] | None = None
    ) -> Request:
        """The request for `values` (fields of `settings.Job` or their text), `overrides` of the preset's settings and
        what is asked of single views (`Orbit.check`).

        Raises InputError for what is missing, unknown or outside its range.
        """
        fields = {field.name: field for field in dataclasses.fields(settings.Job)}
        if unknown := sorted(set(values) - set(fields)):
            raise InputError(f"A job has no '{unknown[0]}'; it has: {', '.join(fields)}.")
        try:
            job = settings.Job(**{name: settings.parse(fields[name], value) for name, value in values.items()})
            resolved = settings.resolve(job.method, job.preset, dict(overrides))
        except settings.SettingError as error:
            raise InputError(str(error)) from None
        if not job.output:
            raise InputError("The job names no output.")
        if bool(job.picture) == bool(job.prompt):
            raise InputError("A job needs either a picture, or a prompt to make one from.")
        if job.prompt and job.object:
            raise InputError("The prompt says what the object is already.", "Leave the object out.")
        if points.parse(job.points) and job.estimator == "embedded":
            raise InputError("The embedded estimator takes no points.", "Name SAM 2 as the estimator.")
        if job.method != "pop3d" and (job.depth or job.normal):
            raise InputError("Depth and normals of the picture are for All Round.", "Say --method pop3d.")
        wishes = Orbit.check(orbit or {})
        if job.method != "pop3d" and wishes != Orbit():
            raise InputError("Only All Round has views.", "Say --method pop3d.")
        paths = {name: os.path.abspath(getattr(job, name)) for name in (*INPUTS, "output") if getattr(job, name)}
        return cls(dataclasses.replace(job, **paths), resolved, wishes)

    def record(self) -> dict[str, Any]:
        """What `job.json` holds: the request, with the SHA-256 of its files.

        Raises InputError when a file can't be read.
        """
        return {
            "format": FORMAT,
            "version": version(),
            "job": dataclasses.asdict(self.job),
            "settings": dataclasses.asdict(self.settings),
            "orbit": self.orbit.record(),
            **{f"{name}_sha256": _sha256(path) if (path := getattr(self.job, name)) else "" for name in INPUTS},
            "views_sha256": {str(view): _sha256(path) for view, path in self.orbit.pictures.items()},
        }


def digest(record: Mapping[str, Any]) -> str:
    """SHA-256 over what decides a job's result: not where its files lie, nor the device, nor the preset's name."""
    orbit = {**record["orbit"], "pictures": record["views_sha256"]}
    return hashlib.sha256(json.dumps({**_essence(record), "orbit": orbit}, sort_keys=True).encode()).hexdigest()


class Checkpoint:
    """Where a job stopped: named tensors in one file of the job folder."""

    def __init__(self, folder: Path, name: str = CHECKPOINT) -> None:
        self.folder = folder
        self._file = folder / name
        self._waits_since: float | None = None

    def of_part(self, part: str) -> Checkpoint:
        """Where a part of the job that can be interrupted itself stopped: in a file of its own."""
        return Checkpoint(self.folder, PART_CHECKPOINT.format(part=part))

    def load(self) -> dict[str, torch.Tensor] | None:
        """The tensors last saved, on the CPU; None when the job starts from the beginning."""
        if not self._file.exists():
            return None
        from safetensors.torch import load

        return load(self._file.read_bytes())

    def due(self, now: float) -> bool:
        """Whether it is time to save at `now` (seconds of a clock that never goes back); a yes restarts the waiting."""
        if self._waits_since is None:
            self._waits_since = now
        due = now - self._waits_since >= CHECKPOINT_EVERY
        if due:
            self._waits_since = now
        return due

    def save(self, tensors: Mapping[str, torch.Tensor]) -> None:
        """Replaces the checkpoint by `tensors`, which may lie on any device."""
        from safetensors.torch import save

        with replacing(self._file) as part:
            part.write_bytes(save({name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}))

    def remove(self) -> None:
        """Forgets where the job stopped, and where its parts did."""
        for file in (self._file, *self.folder.glob(PART_CHECKPOINT.format(part="*"))):
            file.unlink(missing_ok=True)


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
                raise InputError(
                    f"The unfinished job was computed with '{before}', now it would be '{guidance}'.",
                    "Name that model as guidance, or start over without resuming.",
                )
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
        raise InputError(f"Another engine is working in '{path}'.", "Wait for it, or choose another folder.") from None
    except OSError as error:
        raise InputError(f"The folder '{path}' can't be written to ({error.strerror}).") from None
    try:
        folder = _examine(path, record, resume=resume, overwrite=overwrite)
        with _logging_to(folder):
            yield folder
    finally:
        lock.release()


def _examine(path: Path, record: dict[str, Any], *, resume: bool, overwrite: bool) -> JobFolder:
    before, result = read_json(path / JOB), read_json(path / RESULT)
    goes_on = before is not None and _essence(before) == _essence(record)
    complete = before is not None and result is not None and result["job"] == before.get("digest") == digest(record)
    if resume and before is not None and not goes_on:
        raise InputError(
            f"The job in '{path}' was started with another {_difference(before, record)}, so it can't go on.",
            "Give it what it was started with, or choose another folder.",
        )
    if result is not None and not resume and not overwrite:
        raise InputError(
            f"'{path}' already holds a result, which is left as it is.",
            "Choose another folder, or ask to overwrite it (--overwrite).",
        )
    return JobFolder(path, record, complete=resume and complete, resumed=resume and goes_on and not complete)


def _check_ours(path: Path, record: Mapping[str, Any]) -> None:
    """Raises InputError unless `path` is missing, a job folder, or holds nothing but the job's own input."""
    if not path.exists():
        return
    if not path.is_dir():
        raise InputError(f"'{path}' is a file, not a folder for the result.")
    inputs = {Path(record["job"][name]) for name in INPUTS if record["job"][name]}
    inputs |= {Path(file) for file in record["orbit"]["pictures"].values()}
    for file in inputs:
        if file.parent == path and file.name in (*RESULT_FILES, PREVIEW):
            raise InputError(f"'{file}' would be replaced by the result.", "Choose another folder for the result.")
    if read_json(path / JOB) is None and any(
        file not in inputs and file.name not in (LOCK, LOG) for file in path.iterdir()
    ):
        raise InputError(f"'{path}' holds other files and no job of ours.", "Choose a new or an empty folder.")


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


def _essence(record: Mapping[str, Any]) -> dict[str, Any]:
    """What can't change while a job goes on."""
    names = ["method", "prompt", "object", "captioner", "guidance", "points", "estimator", "seed"]
    inputs = ["picture", "mask"]
    if record["job"]["method"] == "pop3d":
        names, inputs = [*names, "outpainter"], [*INPUTS]
    job = {name: record["job"].get(name, "") for name in names}
    files = {name: record.get(f"{name}_sha256", "") for name in inputs}
    return {"version": record["version"], **files, **job, **record["settings"]}


def _difference(before: Mapping[str, Any], record: Mapping[str, Any]) -> str:
    old, new = _essence(before), _essence(record)
    return ", ".join(name.replace("_", " ") for name in new if old.get(name) != new[name])


def _sha256(path: str) -> str:
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError(f"'{path}' can't be read ({error.strerror}).") from None
