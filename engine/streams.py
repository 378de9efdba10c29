# SPDX-License-Identifier: GPL-3.0-or-later
"""The standard streams of this process, so that what becomes of the words decides nothing about the work."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import Any


class LossyStream:
    """A text stream that loses what it can't pass on: to a full disk, a reader that is gone, in a small encoding; all
    of it where there is no `stream`.
    """

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Writes as much of `text` as is possible; its length."""
        if self._stream is not None:
            with contextlib.suppress(OSError, ValueError):
                self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Passes on what was written."""
        if self._stream is not None:
            with contextlib.suppress(OSError, ValueError):
                self._stream.flush()

    def isatty(self) -> bool:
        """Whether somebody may be reading it."""
        return self._stream is not None and bool(self._stream.isatty())

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def settle_streams() -> None:
    """Opens what is closed of the three, so that no file of a job gets its number, and makes words lossy."""
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest number that is free, which is this one
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is not None:
            stream.reconfigure(errors="backslashreplace")
        setattr(sys, name, LossyStream(stream))


def close_stdin() -> None:
    """Lets nobody read what is typed: some library may ask whether it may run what lies in a model's folder."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
