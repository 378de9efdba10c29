# SPDX-License-Identifier: GPL-3.0-or-later
"""`engine worker`: does the add-on's jobs one after the other and talks to it as `protocol` says.

The main thread computes. One thread reads stdin, so that a cancel is heard at any time; one beats, so that the add-on
can tell long computing from a crash. The worker lives no longer than its stdin.
"""

from __future__ import annotations

import contextlib
import logging
import os
import platform
import queue
import signal
import threading
import time
from collections.abc import Callable
from typing import Any

import torch

from engine import devices
from engine.contract import protocol
from engine.contract.messages import Message
from engine.contract.records import RecordError, checked
from engine.contract.result_folder import LOG
from engine.contract.surroundings import end_with_parent
from engine.contract.version import version
from engine.errors import InputError, explain
from engine.job.reconstruct import reconstruct
from engine.job.request import Request
from engine.loaded_models import LoadedModels
from engine.progress import Report

HEARTBEAT_EVERY = 2.0
SECONDS_TO_END = 10.0


def main() -> int:
    """Runs until stdin closes; the exit code."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in a shared terminal is the parent's business
    end_with_parent()
    requests, messages = _claim_standard_streams()
    return Worker(requests, messages).run()


class Worker:
    """Reads requests from one file descriptor and writes messages to another; also the listener of its jobs."""

    def __init__(self, requests: int, messages: int) -> None:
        self._requests = requests
        self._messages = messages
        self._writing = threading.Lock()
        self._tasks: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._cancel: threading.Event | None = None  # of the job that runs or is about to
        self._ended = threading.Event()
        self._models = LoadedModels()

    def run(self) -> int:
        """Says hello, then does what is asked until told to end."""
        began = time.monotonic()
        logging.getLogger("engine").addHandler(_LogMessages(self._send))
        device = devices.choose("auto")
        self._send(
            protocol.notification(
                "hello",
                {
                    "protocol": protocol.VERSION,
                    "version": version(),
                    "python": platform.python_version(),
                    "torch": torch.__version__,
                    "device": str(device),
                    "device_name": devices.describe(device),
                },
            )
        )
        threading.Thread(target=self._beat, args=(began,), daemon=True).start()
        threading.Thread(target=self._read, daemon=True).start()
        while (task := self._tasks.get()) is not None:
            task()
        self._ended.set()
        return 0

    def progress(self, report: Report) -> None:
        """Passes on how far the job is."""
        line = protocol.progress(report.message, report.step, report.total, report.fraction, report.eta)
        self._send(line)

    def preview(self, file: str) -> None:
        """Passes on that there is a new preview."""
        self._send(protocol.notification("preview", {"file": file}))

    def _send(self, line: bytes) -> None:
        # A reader that is gone is no failure of the job: stdin closes as well, and ends it in good order.
        with self._writing, contextlib.suppress(OSError):
            while line:
                line = line[os.write(self._messages, line) :]

    def _beat(self, began: float) -> None:
        while not self._ended.wait(HEARTBEAT_EVERY):
            self._send(protocol.notification("heartbeat", {"time": round(time.monotonic() - began, 3)}))

    def _read(self) -> None:
        decoder = protocol.Decoder()
        while data := os.read(self._requests, 1 << 16):
            for message in decoder.feed(data):
                self._handle(message)
            while decoder.garbage:
                self._refuse(None, Message("request-garbled", {"line": decoder.garbage.pop(0)[:200]}))
        self._end()

    def _handle(self, message: protocol.Message) -> None:
        try:
            asked = checked(message, protocol.Request)
        except RecordError:
            self._refuse(None, Message("request-form"))
            return
        identity, params = asked["id"], asked.get("params", {})
        match asked["method"]:
            case "reconstruct" if self._cancel is not None:
                self._refuse(identity, Message("request-while-busy"))
            case "reconstruct":
                cancel = self._cancel = threading.Event()
                self._tasks.put(lambda: self._reconstruct(identity, params, cancel))
            case "cancel":
                running = self._cancel
                if running is not None:
                    running.set()
                self._send(protocol.result(identity, {"cancelled": running is not None}))
            case "unload":
                self._tasks.put(lambda: self._unload(identity))
            case "shutdown":
                self._send(protocol.result(identity, {}))
                self._end()
            case other:
                self._refuse(identity, Message("request-unknown", {"name": other[:200]}))

    def _refuse(self, identity: int | None, message: Message) -> None:
        self._send(protocol.error(identity, protocol.BAD_INPUT, message))

    def _end(self) -> None:
        """Stops the running job at its next step and ends the process; at once where that step doesn't come."""
        if (running := self._cancel) is not None:
            running.set()
        self._tasks.put(None)
        if not self._ended.wait(SECONDS_TO_END):
            os._exit(protocol.FAILED)

    def _reconstruct(self, identity: int, params: dict[str, Any], cancel: threading.Event) -> None:
        answer = self._answer(identity, dict(params), cancel)
        self._cancel = None  # before the answer, after which the next request may come
        self._send(answer)

    def _answer(self, identity: int, params: dict[str, Any], cancel: threading.Event) -> bytes:
        log = ""
        try:
            flags = {name: params.pop(name, False) for name in ("resume", "overwrite")}
            for name, flag in flags.items():
                if not isinstance(flag, bool):
                    raise InputError("setting-flag", name=name)
            overrides, orbit = params.pop("overrides", {}), params.pop("orbit", {})
            if not isinstance(overrides, dict) or not isinstance(orbit, dict):
                raise InputError("job-no-objects")
            request = Request.check(params, overrides, orbit)
            log = os.path.join(request.job.output, LOG)
            outcome = reconstruct(request, self._models, self, cancel=cancel, **flags)
        except Exception as error:
            code, message = explain(error)
            log = log if code == protocol.FAILED and os.path.isfile(log) else ""
            return protocol.error(identity, code, message, log)
        return protocol.result(identity, {"folder": str(outcome.folder)})

    def _unload(self, identity: int) -> None:
        self._models.unload()
        self._send(protocol.result(identity, {}))


class _LogMessages(logging.Handler):
    """Sends what the engine logs, without tracebacks."""

    def __init__(self, send: Callable[[bytes], None]) -> None:
        super().__init__(logging.INFO)
        self._send_line = send

    def emit(self, record: logging.LogRecord) -> None:
        level, text = record.levelname.lower(), record.getMessage()
        self._send_line(protocol.notification("log", {"level": level, "text": text}))


def _claim_standard_streams() -> tuple[int, int]:
    """Private descriptors for requests and messages; what libraries and children print goes to stderr, what they read
    is empty."""
    requests, messages = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return requests, messages
