# SPDX-License-Identifier: GPL-3.0-or-later
"""What can go wrong; the words for it, with what to do about it, stand in `contract/messages.py`."""

from __future__ import annotations

import errno

from engine.contract.messages import EngineError, InputError, Message

__all__ = ["Cancelled", "EngineError", "InputError", "StageError", "explain"]


DISK_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG} if hasattr(errno, "EDQUOT") else {errno.ENOSPC, errno.EFBIG}


class StageError(EngineError):
    """A stage failed on good input; exit code 1."""


class Cancelled(Exception):  # noqa: N818 - not an error
    """The artist cancelled; exit code 130."""


def explain(error: Exception) -> tuple[int, Message]:
    """The exit code for `error`, and what is told of it."""
    if isinstance(error, Cancelled):
        return 130, Message("cancelled")
    if isinstance(error, EngineError):
        return 2 if isinstance(error, InputError) else 1, error.message
    if type(error).__name__ == "OutOfMemoryError":  # torch's own; without importing torch for it
        return 1, Message("graphics-memory-full")
    if isinstance(error, MemoryError):
        return 1, Message("memory-full")
    if isinstance(error, OSError) and error.errno in DISK_FULL:
        return 1, Message("disk-full")
    if isinstance(error, OSError) and error.filename and error.strerror:
        return 1, Message("file-trouble", {"file": str(error.filename), "cause": error.strerror})
    if isinstance(error, RuntimeError) and "can't allocate memory" in str(error):  # torch's, on the CPU
        return 1, Message("memory-full")
    cause = " ".join(f"{type(error).__name__}: {error}".split())[:300]
    return 1, Message("unexpected", {"cause": cause})
