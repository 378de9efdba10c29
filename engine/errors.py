# SPDX-License-Identifier: GPL-3.0-or-later
"""What can go wrong, in the artist's words: each message is one sentence, each hint says what to do about it."""

from __future__ import annotations

import errno


class EngineError(Exception):
    """A failure with its cause in one sentence and a `hint` that says what to do."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class InputError(EngineError):
    """What was given can't be used; exit code 2."""


class StageError(EngineError):
    """A stage failed on good input; exit code 1."""


class Cancelled(Exception):  # noqa: N818 - not an error
    """The artist cancelled; exit code 130."""


def explain(error: Exception) -> tuple[int, str, str]:
    """The exit code for `error`, its cause in one sentence, and what to do about it."""
    if isinstance(error, Cancelled):
        return 130, "The job was cancelled.", "It can go on from where it stopped (--resume)."
    if isinstance(error, EngineError):
        return 2 if isinstance(error, InputError) else 1, str(error), error.hint
    if type(error).__name__ == "OutOfMemoryError":  # torch's own; without importing torch for it
        hint = "Close other programs that use it, take the embedded guidance, or compute on the CPU."
        return 1, "The graphics card's memory is full.", hint
    if isinstance(error, MemoryError):
        return 1, "The memory is full.", "Close other programs, or take a lower resolution."
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return 1, "The disk is full.", "Make room and resume the job."
    cause = " ".join(f"{type(error).__name__}: {error}".split())[:300]
    return 1, f"Something unexpected went wrong ({cause}).", "Please report it, with the job's log."
