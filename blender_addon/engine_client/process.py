# SPDX-License-Identifier: GPL-3.0-or-later
"""A child process that is never waited for: its output is read as far as it has come."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..engine.contract.surroundings import seen

CHUNK = 1 << 14  # bytes read at once: some hundred messages, which take a millisecond
PIPE_SIZE = 1 << 20  # where it can be chosen; holds some minutes of messages while Blender is busy with something else


@dataclass(frozen=True)
class Launch:
    """What it takes to run the engine: its Python, the folder that holds `engine/`, where its stderr goes (a file),
    and whether it must not use the network."""

    python: Path
    folder: Path
    log: Path
    offline: bool

    def engine(self, *arguments: str) -> Child:
        """Starts the engine with `arguments`. Raises OSError where it can't be started."""
        return self.run([str(self.python), "-s", "-u", "-X", "utf8", str(self.folder / "engine"), *arguments])

    def run(self, command: Sequence[str]) -> Child:
        """Starts `command` in the engine's surroundings. Raises OSError where it can't be started."""
        return Child(command, log=self.log, offline=self.offline)

    def last_words(self) -> str:
        """The last line that is not empty in the log; empty where there is none."""
        try:
            lines = self.log.read_text(encoding="utf-8", errors="replace").split("\n")
        except OSError:
            return ""
        return next((line.strip() for line in reversed(lines) if line.strip()), "")


class Child:
    """A running child in a process group of its own, without Python settings of this process and without a console.

    It works in the folder of its `log`: Windows removes no folder that a process works in, and the extension's has to
    make way for an update.
    """

    def __init__(self, command: Sequence[str], *, log: Path, offline: bool) -> None:
        log.parent.mkdir(parents=True, exist_ok=True)
        group: dict[str, bool | int] = {"start_new_session": True}
        if sys.platform == "win32":
            group = {"creationflags": subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP}
        with log.open("wb") as errors:
            self._process: subprocess.Popen[bytes] = subprocess.Popen(
                command, cwd=log.parent, env=clean_environment(offline=offline), stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, stderr=errors, bufsize=0, pipesize=PIPE_SIZE, **group,
            )  # type: ignore[call-overload]  # fmt: skip
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._stdin, self._stdout = self._process.stdin, self._process.stdout
        self._unsent = b""
        for pipe in (self._stdin, self._stdout):
            _prepare(pipe.fileno())

    @property
    def returncode(self) -> int | None:
        """The exit code, negative for a signal; None while it runs."""
        return self._process.poll()

    def send(self, line: bytes) -> None:
        """Writes to the child's stdin as far as it reads; `flush` writes the rest. To one that is gone nothing is
        written: `returncode` tells.
        """
        self._unsent += line
        self.flush()

    def flush(self) -> None:
        """Writes what was sent and not yet written, as far as the child reads; never waits for it."""
        with contextlib.suppress(OSError):
            while self._unsent:
                written = self._stdin.write(self._unsent)  # None or 0 where the pipe is full
                if not written:
                    return
                self._unsent = self._unsent[written:]

    def read(self) -> bytes:
        """The next that the child has written to stdout, at most CHUNK bytes; empty where nothing came."""
        return _read_what_is_there(self._stdout.fileno())

    def close(self, patience: float) -> None:
        """Closes the child's stdin, which tells it to end, and kills it where it takes over `patience` seconds."""
        with contextlib.suppress(OSError):
            self._stdin.close()
        try:
            self._process.wait(patience)
        except subprocess.TimeoutExpired:
            self.kill()
        self._stdout.close()

    def kill(self) -> None:
        """Ends the child, and what it has started, at once."""
        if self.returncode is not None:
            return
        if sys.platform == "win32":
            command = ["taskkill", "/F", "/T", "/PID", str(self._process.pid)]
            subprocess.run(command, capture_output=True, creationflags=subprocess.CREATE_NO_WINDOW, check=False)
        else:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


def clean_environment(*, offline: bool) -> dict[str, str]:
    """What of this process's environment the engine may see (`engine.contract.surroundings`).

    The child writes no bytecode, since its modules lie in the extension's folder.
    """
    environment = seen(os.environ)
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    if offline:
        environment |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}
    return environment


if sys.platform == "win32":
    import ctypes
    import msvcrt
    from ctypes import wintypes

    PIPE_NOWAIT = wintypes.DWORD(1)

    def _prepare(descriptor: int) -> None:
        """Neither reading nor writing waits."""
        pipe = wintypes.HANDLE(msvcrt.get_osfhandle(descriptor))
        ctypes.windll.kernel32.SetNamedPipeHandleState(pipe, ctypes.byref(PIPE_NOWAIT), None, None)

    def _read_what_is_there(descriptor: int) -> bytes:
        available = wintypes.DWORD()
        pipe = wintypes.HANDLE(msvcrt.get_osfhandle(descriptor))
        found = ctypes.windll.kernel32.PeekNamedPipe(pipe, None, 0, None, ctypes.byref(available), None)
        return os.read(descriptor, min(available.value, CHUNK)) if found and available.value else b""

else:

    def _prepare(descriptor: int) -> None:
        os.set_blocking(descriptor, False)

    def _read_what_is_there(descriptor: int) -> bytes:
        try:
            return os.read(descriptor, CHUNK)
        except BlockingIOError:
            return b""
