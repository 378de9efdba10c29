# SPDX-License-Identifier: GPL-3.0-or-later
"""What can go wrong, in the artist's words: each message is one sentence, each hint says what to do about it."""

from __future__ import annotations


class EngineError(Exception):
    """A failure with its cause in one sentence and a `hint` that says what to do."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class InputError(EngineError):
    """What was given can't be used; exit code 2."""


class StageError(EngineError):
    """A stage failed on good input; exit code 1."""


class Cancelled(Exception):
    """The artist cancelled; exit code 130."""
