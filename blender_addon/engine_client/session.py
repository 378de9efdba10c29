# SPDX-License-Identifier: GPL-3.0-or-later
"""One reconstruction after the other, done by a worker process that is kept between them.

Nothing here waits: `poll` is called every now and then with a clock's seconds and takes in what has happened.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from ..engine.contract import protocol
from ..engine.contract.messages import NOTHING, Message
from ..engine.contract.records import RecordError, checked
from .process import Child, Launch

SECONDS_TO_START = 120.0  # importing torch from a cold disk, past a virus scanner, takes its time
SECONDS_OF_SILENCE = 30.0  # fifteen heartbeats
SECONDS_TO_CANCEL = 3.0
SECONDS_TO_END = 3.0
MESSAGE = "{"  # what a line of the engine's own begins with; others come from libraries
NAP = 5.0  # a longer pause between two polls was this side's own


class State(StrEnum):
    """Where the last reconstruction is."""

    IDLE = "IDLE"
    RUNNING = "RUNNING"
    DONE = "DONE"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True)
class Failure:
    """What went wrong, and the log that tells more (its path, or empty)."""

    message: Message
    log: str = ""


class Session:
    """The state of the last job, and the worker.

    state, progress (0..1), phase, step, total, eta (seconds, None: unknown), failure (when FAILED), folder (the
    job's), preview (a picture file, None: none yet).
    """

    state: State
    progress: float
    phase: Message
    step: int
    total: int
    eta: float | None
    failure: Failure | None
    folder: Path | None
    preview: Path | None

    def __init__(self) -> None:
        self._clear()
        self._launch: Launch | None = None
        self._child: Child | None = None
        self._decoder = protocol.Decoder()
        self._greeted = False
        self._heard = self._polled = 0.0
        self._unsent: dict[str, Any] | None = None
        self._identity = 0
        self._running: int | None = None  # the request that the worker is busy with
        self._kill_at: float | None = None

    @property
    def busy(self) -> bool:
        """Whether `poll` has something to wait for."""
        return self.state is State.RUNNING or self._running is not None

    @property
    def holds_engine(self) -> bool:
        """Whether there is a worker, with its models in memory."""
        return self._child is not None

    def start(self, launch: Launch, params: dict[str, Any], now: float) -> None:
        """Begins the job described by `params` (those of the request `reconstruct`).

        The worker is started unless the one of the last job can do it. Where it can't be, the state is FAILED.
        """
        if self.state is State.RUNNING:
            raise RuntimeError("A reconstruction is running.")
        self._clear()
        self.state, self.folder, self.phase = State.RUNNING, Path(params["output"]), Message("starting-engine")
        self._unsent = params
        if self._child is not None and (self._launch != launch or self._child.returncode is not None):
            self._drop_worker(SECONDS_TO_END)
        self._launch = launch
        self._heard = self._polled = now
        if self._child is None:
            self._start_worker(now)

    def cancel(self, now: float) -> None:
        """Gives the running job up; the worker gets a few seconds to stop in good order, then it is killed."""
        if self.state is not State.RUNNING:
            return
        self.state, self._unsent = State.CANCELLED, None
        if self._running is not None and self._child is not None:
            self._child.send(protocol.request(self._next_identity(), "cancel"))
            self._kill_at = now + SECONDS_TO_CANCEL

    def poll(self, now: float) -> None:
        """Takes in what the worker has said next, and whether it lives; `now`: seconds of a clock that never goes back.

        However much there is, this takes no longer than a millisecond or two; the rest waits for the next call.
        """
        child = self._child
        if child is None:
            return
        child.flush()
        if now - self._polled > NAP:
            self._heard = now
        self._polled = now
        code = child.returncode  # before reading: what a worker said last still counts
        said = child.read()
        try:
            for message in self._decoder.feed(said):
                self._heard = now
                self._take(message)
        except RecordError as error:
            self._misunderstood(str(error))
        strange = [line for line in self._decoder.garbage if not self._greeted or line.startswith(MESSAGE)]
        if strange:
            self._misunderstood(strange[0])
        self._decoder.garbage.clear()
        if self._child is None:
            return
        if self._kill_at is not None:
            if code is not None or now >= self._kill_at:
                self._drop_worker()
                if self.state is State.RUNNING:  # the next job, which has waited for this
                    self._start_worker(now)
        elif code is not None and not said:
            self._ended(code)
        elif self.state is State.RUNNING:
            self._watch_silence(now - self._heard)
            self._send()

    def fail(self, failure: Failure) -> None:
        """Makes `failure` the end of the job."""
        self.state, self.failure, self._unsent = State.FAILED, failure, None

    def close(self) -> None:
        """Ends the worker; an unfinished job can be resumed."""
        self._drop_worker(SECONDS_TO_END)
        if self.state is State.RUNNING:
            self.state = State.CANCELLED

    def _clear(self) -> None:
        self.state = State.IDLE
        self.progress, self.phase, self.step, self.total = 0.0, NOTHING, 0, 0
        self.eta = self.failure = self.folder = self.preview = None

    def _start_worker(self, now: float) -> None:
        assert self._launch is not None
        try:
            self._child = self._launch.engine("worker")
        except OSError as error:
            python, cause = str(self._launch.python), str(error.strerror)
            self.fail(Failure(Message("engine-missing", {"python": python, "cause": cause})))
        self._decoder, self._greeted, self._heard = protocol.Decoder(), False, now

    def _take(self, message: protocol.Message) -> None:
        at_work = self._running is not None and self._kill_at is None  # not on a job that was given up
        match message.get("method"):
            case "hello":
                self._greet(checked(message.get("params"), protocol.Hello)["protocol"])
            case "progress" if at_work:
                values = checked(message.get("params"), protocol.Progress)
                self.phase, self.step, self.total = protocol.phase_in(values), values["step"], values["total"]
                self.progress = min(1.0, max(0.0, values["fraction"]))
                self.eta = None if values["eta"] is None else max(0.0, values["eta"])
            case "preview" if at_work and self.folder is not None:
                self.preview = self.folder / Path(checked(message.get("params"), protocol.Preview)["file"]).name
            case None if self._running is not None and message.get("id") == self._running:
                self._running = self._kill_at = None
                if at_work:
                    self._answered(message)

    def _greet(self, version: int) -> None:
        self._greeted = True
        if version != protocol.VERSION:
            self._give_up(Message("engine-protocol", {"theirs": version, "ours": protocol.VERSION}))

    def _answered(self, message: protocol.Message) -> None:
        if "error" not in message:
            self.folder = Path(checked(message.get("result"), protocol.Done)["folder"])
            self.state, self.progress, self.eta = State.DONE, 1.0, 0.0
            return
        error = checked(message["error"], protocol.Error)
        if error["code"] == protocol.CANCELLED:
            self.state = State.CANCELLED
        else:
            self.fail(Failure(protocol.failure_in(error), error.get("data", {}).get("log", "")))

    def _send(self) -> None:
        if self._greeted and self._unsent is not None and self._running is None and self._child is not None:
            self._running = self._next_identity()
            self._child.send(protocol.request(self._running, "reconstruct", self._unsent))
            self._unsent = None

    def _watch_silence(self, seconds: float) -> None:
        if seconds <= (SECONDS_OF_SILENCE if self._greeted else SECONDS_TO_START):
            return
        if self._greeted:
            self._give_up(Message("engine-silent", {"seconds": seconds}))
        else:
            self._give_up(Message("engine-no-hello", {"seconds": seconds}))

    def _misunderstood(self, what: str) -> None:
        if self._child is not None:
            self._give_up(Message("engine-nonsense", {"said": what[:200]}))

    def _ended(self, code: int) -> None:
        assert self._launch is not None
        if self._greeted:
            self._give_up(Message("engine-ended", {"exit": code}))
        else:
            reason = self._launch.last_words() or f"exit code {code}"
            self._give_up(Message("engine-start", {"cause": reason}))

    def _give_up(self, message: Message) -> None:
        assert self._launch is not None
        if self.state is State.RUNNING:
            self.fail(Failure(message, str(self._launch.log)))
        self._drop_worker()

    def _drop_worker(self, patience: float = 0.0) -> None:
        if self._child is not None:
            self._child.close(patience)
        self._child = self._running = self._kill_at = None

    def _next_identity(self) -> int:
        self._identity += 1
        return self._identity
