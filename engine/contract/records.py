# SPDX-License-Identifier: GPL-3.0-or-later
"""Records of ours that are read back, from files and from messages: each is told by a class and checked against it.

Whoever else may have written the file, what is not as the class says is refused in one place and one sentence.
Standard library only, since the add-on imports this file inside Blender.
"""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Iterable
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, TypedDict, TypeVar, get_args, get_origin, get_type_hints, is_typeddict

from .files import read_file
from .messages import InputError

MAX_BYTES = 1 << 24
MAX_DEPTH = 32
MAX_INTEGER = 2**63
KINDS: dict[type, Any] = {kind: kind for kind in (str, int, bool, NoneType, dict, list)} | {float: (int, float)}
WORDS = {
    str: "a text", int: "a whole number", float: "a number", bool: "true or false", NoneType: "null",
    dict: "an object", list: "a list",
}  # fmt: skip
Record = TypeVar("Record")


class RecordError(ValueError):
    """Where a value is not what was expected, in a few words."""


class _JobFields(TypedDict):
    method: str
    output: str
    picture: str


class JobFields(_JobFields, total=False):
    """Of `settings.Job` what is used before that is checked."""

    prompt: str
    seed: int


class Orbit(TypedDict):
    """See `view_requests.ViewRequests`."""

    seeds: dict[str, int]
    pictures: dict[str, str]
    stop_after: int


class _JobRecord(TypedDict):
    format: int
    version: str
    job: JobFields
    settings: dict[str, Any]


class JobRecord(_JobRecord, total=False):
    """`job.json`: what a job was asked for; older versions tell less of it."""

    orbit: Orbit
    picture_sha256: str
    mask_sha256: str
    depth_sha256: str
    normal_sha256: str
    views_sha256: dict[str, str]
    model: str
    digest: str


class _PictureRecord(TypedDict):
    file: str


class PictureRecord(_PictureRecord, total=False):
    """The picture, in pixels."""

    width: int
    height: int


class CropRecord(TypedDict):
    """A square in pixels of the picture."""

    x: int
    y: int
    size: int


class Quality(TypedDict):
    """The verdict; beside it stand figures."""

    verdict: str


class _ResultRecord(TypedDict):
    format: int
    method: str
    picture: PictureRecord
    settings: dict[str, Any]
    quality: Quality


class ResultRecord(_ResultRecord, total=False):
    """`result.json`."""

    job: str
    prompt: str
    crop: CropRecord
    seed: int
    device: str
    seconds: dict[str, float]
    peak_memory: dict[str, int]
    files: list[str]


class _ImportedPicture(TypedDict):
    file: str
    width: int
    height: int


class _Versions(TypedDict):
    drape: str


class ImportedRecord(ResultRecord, total=True):
    """`result.json` with all that is needed for the object in the scene."""

    picture: _ImportedPicture  # type: ignore[misc]  # more than any result has to tell
    crop: CropRecord  # type: ignore[misc]
    seed: int  # type: ignore[misc]
    device: str  # type: ignore[misc]
    guidance: str
    versions: _Versions


class CameraRecord(TypedDict):
    """`camera.json` of a view."""

    matrix: list[list[float]]
    fov: float


def checked(value: Any, kind: type[Record]) -> Record:
    """`value`, which JSON was read into, where it is as `kind` says: a TypedDict, of whose optional keys any may be
    missing and beside which there may be others; str, int, float, bool, None; lists, dicts and unions of these; Any.

    Raises RecordError, also for what no record of ours holds anywhere: numbers that aren't finite or over 2^63, NUL,
    and more than MAX_DEPTH levels.
    """
    _sound(value, MAX_DEPTH)
    _fit(value, kind, "it")
    return value


def parse(data: bytes, kind: type[Record]) -> Record:
    """The JSON in `data`, checked. Raises RecordError."""
    try:
        value = json.loads(data)
    except RecursionError:
        raise RecordError("it is nested too deeply") from None
    except ValueError as error:
        raise RecordError(f"it is no JSON: {error}"[:200]) from None
    return checked(value, kind)


def read_record(path: Path, kind: type[Record]) -> Record | None:
    """The record in the file `path`; None where there is no such file. Raises InputError where it isn't one."""
    try:
        return parse(read_file(path, MAX_BYTES), kind)
    except FileNotFoundError:
        return None
    except RecordError as error:
        raise InputError("record-unreadable", file=str(path), cause=str(error)) from None
    except (OSError, ValueError) as error:
        cause = getattr(error, "strerror", None) or str(error)
        raise InputError("file-unreadable", file=str(path), cause=cause) from None


def found_record(path: Path, kind: type[Record]) -> Record | None:
    """As `read_record`, but None as well where the file can't be read or holds something else."""
    try:
        return read_record(path, kind)
    except InputError:
        return None


def _sound(value: Any, levels: int) -> None:
    """Raises RecordError where something within `value` can't be used anywhere."""
    inner: Iterable[Any] = ()
    if isinstance(value, dict):
        inner = (*value, *value.values())
    elif isinstance(value, list):
        inner = value
    elif isinstance(value, float) and not math.isfinite(value):
        raise RecordError(f"{value} is no number")
    elif isinstance(value, int) and abs(value) >= MAX_INTEGER:
        raise RecordError("a number is too large")
    elif isinstance(value, str) and "\0" in value:
        raise RecordError("a text holds NUL")
    if not levels and isinstance(value, dict | list):
        raise RecordError("it is nested too deeply")
    for part in inner:
        _sound(part, levels - 1)


def _fit(value: Any, kind: Any, place: str) -> None:
    """Raises RecordError where `value`, at `place`, isn't of `kind`."""
    origin = get_origin(kind)
    if kind is Any:
        return
    if is_typeddict(kind):
        _fit(value, dict, place)
        for name, inner in _hints(kind).items():
            if name in value:
                _fit(value[name], inner, f"'{name}'")
            elif name in kind.__required_keys__:
                raise RecordError(f"{place} has no '{name}'")
    elif origin is UnionType:
        if not any(_fits(value, inner) for inner in get_args(kind)):
            raise RecordError(f"{place} is not of a kind that is known")
    elif origin in (list, dict):
        _fit(value, origin, place)
        for part in value.values() if origin is dict else value:
            _fit(part, get_args(kind)[-1], f"what is in {place}")
    elif isinstance(value, bool) is not (kind is bool) or not isinstance(value, KINDS[kind]):
        raise RecordError(f"{place} is not {WORDS[kind]}")


def _fits(value: Any, kind: Any) -> bool:
    try:
        _fit(value, kind, "it")
    except RecordError:
        return False
    return True


@functools.cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)
