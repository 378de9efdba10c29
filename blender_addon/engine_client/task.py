# SPDX-License-Identifier: GPL-3.0-or-later
"""A command of the engine that is run once for its answer: set-up, doctor, cut-out."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from ..engine.contract import protocol
from ..engine.contract.messages import NOTHING
from ..engine.contract.records import RecordError
from .process import Child, Launch

MOST = 1 << 22
"""Bytes of an answer that are kept; it is some lines of text."""


class Task:
    """A running command.

    title: what it does, for the artist. phase and progress (0..1): where it is, as far as it tells.
    output: what it has written to stdout. returncode: None while it runs. complaint: its last line on stderr.
    told: why it failed, where it could tell.
    `answers` tells that what it writes to stdout is what it was run for, whatever its exit code is then.
    Raises OSError where the command can't be started.
    """

    def __init__(self, title: str, launch: Launch, start: Callable[[Launch], Child], *, answers: bool = False) -> None:
        self.title = title
        self._answers = answers
        self.phase = NOTHING
        self.progress = 0.0
        self.output = b""
        self.returncode: int | None = None
        self.complaint = ""
        self.told = NOTHING
        self.launch = launch
        self._decoder = protocol.Decoder()
        self._child = start(launch)

    def poll(self) -> bool:
        """Takes in what the command has said next; whether it has ended, with all said."""
        if self.returncode is None:
            code = self._child.returncode  # before reading: what it said last still counts
            data = self._child.read()
            self.output = (self.output + data)[:MOST]
            for message in self._decoder.feed(data):
                self._take(message)
            self._decoder.garbage.clear()
            if code is not None and not data:
                self.returncode, self.complaint = code, self.launch.last_words().removeprefix("engine: ")
        return self.returncode is not None

    def _take(self, message: protocol.Message) -> None:
        """Takes in what is a message; what else it writes is its answer."""
        with contextlib.suppress(RecordError):
            if message.get("method") == "progress":
                self.phase = protocol.phase_in(message.get("params"))
                self.progress = min(1.0, max(0.0, message["params"]["fraction"]))
            elif "error" in message:
                self.told = protocol.failure_in(message["error"])

    @property
    def failed(self) -> bool:
        """Whether it has ended without doing what it was run for."""
        return bool(self.returncode) and not (self._answers and self.output)

    def stop(self) -> None:
        """Ends the command at once."""
        self._child.close(0.0)
