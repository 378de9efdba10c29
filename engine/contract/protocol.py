# SPDX-License-Identifier: GPL-3.0-or-later
"""The messages between add-on and engine: JSON-RPC 2.0, one message a line, over the worker's stdin and stdout.

Standard library only, since the add-on imports this file inside Blender. Big data never travels here: it lies in
the job folder.

Requests (add-on to worker), each answered once:
    reconstruct   params: the fields of `settings.Job`, `overrides` {name: value}, `resume`, `overwrite`, and for All
                  Round `orbit` {"seeds": {view: seed}, "pictures": {view: path}, "stop_after": number of views};
                  result: {"folder": path}; at most one runs at a time, a second is answered with an error
    cancel        params: {}; result: {"cancelled": whether something was running}; the running `reconstruct` is then
                  answered with the error CANCELLED
    unload        params: {}; frees the loaded models; result: {}
    shutdown      params: {}; result: {}; the worker ends

Notifications (worker to add-on):
    hello         first line: {"protocol", "version", "python", "torch", "device", "device_name"}
    progress      {"phase" in English, "phase_code" and "phase_params" of its message, "step", "total", "fraction" of
                  the whole job 0..1, "eta" in seconds or null}
    preview       {"file": name within the job folder, replaced each time}
    log           {"level", "text"}
    heartbeat     {"time": seconds since the worker's start}, every two seconds also while it computes

Errors: {"code": exit code of the command line, "message": in English, "data": {"code" and "params" of its message,
"hint" in English, "log": path of the job's log, or empty}}.
"""

from __future__ import annotations

import json
from typing import Any, TypedDict

from . import messages
from .records import RecordError, checked, parse

VERSION = 1
MAX_LINE = 1 << 20
# The phases of a job that the add-on counts with; others it only shows.
READING = messages.Message("reading")
STARTING = messages.Message("starting")
LOADING = messages.Message("loading")
PAINTING = messages.Message("making-picture")
ALIGNING = messages.Message("aligning")
LOOKING_AROUND = messages.Message("looking-around")

# Error codes are the exit codes of the command line.
FAILED = 1
BAD_INPUT = 2
CANCELLED = 130

Message = dict[str, Any]


class _Request(TypedDict):
    id: int
    method: str


class Request(_Request, total=False):
    """What the add-on asks."""

    params: dict[str, Any]


class Hello(TypedDict):
    """Params of the first line, as far as the add-on needs them."""

    protocol: int


class _Progress(TypedDict):
    phase: str
    step: int
    total: int
    fraction: float
    eta: float | None


class Progress(_Progress, total=False):
    """Params of `progress`."""

    phase_code: str
    phase_params: dict[str, str | int | float]


class Preview(TypedDict):
    """Params of `preview`."""

    file: str


class Done(TypedDict):
    """The result of `reconstruct`."""

    folder: str


class ErrorData(TypedDict, total=False):
    """What an error tells beside its words."""

    code: str
    params: dict[str, str | int | float]
    hint: str
    log: str


class _Error(TypedDict):
    code: int
    message: str


class Error(_Error, total=False):
    """The value of an `error`."""

    data: ErrorData


def request(identity: int, method: str, params: Message | None = None) -> bytes:
    """A request line that expects an answer with the same `identity`."""
    return encode({"jsonrpc": "2.0", "id": identity, "method": method, "params": params or {}})


def notification(method: str, params: Message) -> bytes:
    """A line that expects no answer."""
    return encode({"jsonrpc": "2.0", "method": method, "params": params})


def result(identity: int, value: Message) -> bytes:
    """The answer to request `identity`."""
    return encode({"jsonrpc": "2.0", "id": identity, "result": value})


def error(identity: int | None, code: int, told: messages.Message, log: str = "") -> bytes:
    """The failure of request `identity`, with the exit code `code`, and the log's path."""
    data = {"code": told.code, "params": dict(told.params), "hint": told.hint, "log": log}
    value = {"code": code, "message": told.text, "data": data}
    return encode({"jsonrpc": "2.0", "id": identity, "error": value})


def failure_in(error: Any) -> messages.Message:
    """What the value of an `error` tells. Raises RecordError where that is none."""
    told = checked(error, Error)
    data = told.get("data", {})
    return messages.Message(data.get("code", ""), data.get("params", {}), told["message"], data.get("hint", ""))


def progress(phase: messages.Message, step: int, total: int, fraction: float, eta: float | None) -> bytes:
    """The line that tells how far a job is; see above."""
    told = {"phase": phase.text, "phase_code": phase.code, "phase_params": dict(phase.params)}
    return notification("progress", {**told, "step": step, "total": total, "fraction": fraction, "eta": eta})


def phase_in(progress: Any) -> messages.Message:
    """The phase that the params of a `progress` tell. Raises RecordError where these are none."""
    told = checked(progress, Progress)
    return messages.Message(told.get("phase_code", ""), told.get("phase_params", {}), told["phase"])


def encode(message: Message) -> bytes:
    """`message` as one line of ASCII JSON, newline included."""
    return json.dumps(message, separators=(",", ":"), allow_nan=False).encode() + b"\n"


class Decoder:
    """Cuts a byte stream into messages; what isn't one is kept in `garbage` for the log.

    >>> decoder = Decoder()
    >>> list(decoder.feed(b'{"a":1}\\n{"b"'))
    [{'a': 1}]
    >>> list(decoder.feed(b':2}\\n'))
    [{'b': 2}]
    """

    def __init__(self) -> None:
        self._tail = b""
        self.garbage: list[str] = []

    def feed(self, data: bytes) -> list[Message]:
        """The messages completed by `data`, in order; a line over MAX_LINE or without a sound object is garbage."""
        *lines, self._tail = (self._tail + data).split(b"\n")
        if len(self._tail) > MAX_LINE:
            lines, self._tail = [*lines, self._tail], b""
        messages = []
        for line in filter(None, (line.strip() for line in lines)):
            try:
                if len(line) > MAX_LINE:
                    raise RecordError("it is too long")
                messages.append(parse(line, dict[str, Any]))
            except RecordError:
                self.garbage.append(line[:2000].decode("utf-8", "replace"))
        return messages
