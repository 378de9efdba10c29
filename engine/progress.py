# SPDX-License-Identifier: GPL-3.0-or-later
"""How far a job is: pipelines count steps into a `Progress`; a `Listener` shows them (a bar, or messages)."""

from __future__ import annotations

import contextlib
import io
import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from PIL import Image

from engine.contract.files import write_file
from engine.contract.messages import NOTHING, Message
from engine.contract.result_folder import PREVIEW
from engine.errors import Cancelled

REPORT_EVERY = 0.1
PREVIEW_EVERY = 0.5
RATE_AFTER = 0.5

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Report:
    """Where a job is: step `step` of `total` in the phase that `message` names, `fraction` of the whole 0..1, `eta` in
    seconds if known."""

    message: Message
    step: int
    total: int
    fraction: float
    eta: float | None

    @property
    def phase(self) -> str:
        """The phase in English."""
        return self.message.text


class Listener(Protocol):
    """What shows the progress of a job."""

    def progress(self, report: Report) -> None:
        """Called at every new phase and at most about ten times a second within one."""

    def preview(self, file: str) -> None:
        """Called when `file` (a name within the job folder) shows a new picture."""


class Progress:
    """Counts the steps of one job, tells the listener, and is where the job learns that it was cancelled.

    Phases outside the plan (reading the picture, loading a model) leave the overall fraction where it is. `clock`
    gives seconds and never goes back.
    """

    def __init__(
        self,
        listener: Listener,
        folder: Path,
        cancel: threading.Event | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._listener = listener
        self._folder = folder
        self._cancel = cancel or threading.Event()
        self._clock = clock
        self._plan: list[tuple[Message, float]] = []
        self._first: tuple[Message, float] = (NOTHING, 0.0)
        self._phase = NOTHING
        self._fraction = 0.0
        self._seconds_per_share: float | None = None
        self._began = (0.0, 0)  # when the running phase began, and at which step
        self._last_report = self._last_preview = -np.inf
        self.seconds: dict[str, float] = {}  # by the English words of the phases

    def plan(self, shares: Sequence[tuple[Message, float]]) -> None:
        """The phases to come, in order, each with its share of the work (any unit)."""
        whole = sum(share for _, share in shares) / (1.0 - self._first[1])
        self._plan = [self._first, *((phase, share / whole) for phase, share in shares)]

    def plan_first(self, phase: Message, share: float) -> None:
        """`phase` comes before all that `plan` will tell, and is this share of the whole, under 1."""
        self._first = (phase, share)
        self._plan = [self._first]

    def step(self, phase: Message, step: int, total: int) -> None:
        """`step` of `total` (at least 1) steps of `phase` are done; the first call of a phase (step 0, or more after a
        resume) starts it.

        Raises Cancelled once the job is cancelled.
        """
        if self._cancel.is_set():
            raise Cancelled
        now = self._clock()
        entered = phase != self._phase
        if entered:
            self.finish()
            self._phase, self._began = phase, (now, step)
            self.seconds.setdefault(phase.text, 0.0)
        eta = self._advance(now, step, total)
        if entered or step == total or now - self._last_report >= REPORT_EVERY:
            self._last_report = now
            self._listener.progress(Report(phase, step, total, self._fraction, eta))

    def finish(self) -> None:
        """Ends the running phase: its seconds are booked, its share of the work is done."""
        if self._phase != NOTHING:
            self.seconds[self._phase.text] += self._clock() - self._began[0]
            self._fraction = max(self._fraction, min(1.0, sum(self._shares(self._phase))))
            self._phase = NOTHING

    @property
    def cancelled(self) -> bool:
        """Whether the next `step` raises Cancelled; the moment to save a checkpoint."""
        return self._cancel.is_set()

    @property
    def preview_due(self) -> bool:
        """Whether a preview handed over now would be shown; lets a pipeline skip drawing it."""
        return self._clock() - self._last_preview >= PREVIEW_EVERY

    def preview(self, colors: np.ndarray) -> None:
        """Shows `colors`, float (H, W, 3) or with straight alpha (H, W, 4), in 0..1, row 0 on top; does nothing when
        the last one is too fresh."""
        if not self.preview_due:
            return
        self._last_preview = self._clock()
        file = io.BytesIO()
        Image.fromarray((np.clip(colors, 0.0, 1.0) * 255.0 + 0.5).astype(np.uint8)).save(file, "PNG")
        with contextlib.suppress(OSError):  # a full disk, which the job may well get along with
            write_file(self._folder / PREVIEW, file.getvalue(), durable=False)
            self._listener.preview(PREVIEW)

    def log(self, text: str) -> None:
        """A line for the job's log and for whoever watches."""
        logger.info(text)

    def _advance(self, now: float, step: int, total: int) -> float | None:
        """Moves the fraction on and returns the seconds left, by the rate of the running phase (of the one before it
        in the first moments) and the shares of the later ones; None as long as no rate is known."""
        before, share = self._shares(self._phase)
        if not share:
            return None
        done = before + share * step / total
        self._fraction = max(self._fraction, min(1.0, done))
        began, first = self._began
        worked = share * (step - first) / total
        if worked > 0 and now - began >= RATE_AFTER:
            self._seconds_per_share = (now - began) / worked
        return None if self._seconds_per_share is None else self._seconds_per_share * max(0.0, 1.0 - done)

    def _shares(self, phase: Message) -> tuple[float, float]:
        """The share of the work before `phase` and its own; zeros outside the plan."""
        before = 0.0
        for planned, share in self._plan:
            if planned == phase:
                return before, share
            before += share
        return 0.0, 0.0
