# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the engine for this Blender: the one owner of the job that is done and of the short task.

A timer takes in how they go where there is a window, a loop in background Blender. What the rest of the add-on does
while a job runs, and when it has ended, stands in `job/steps.py`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy
from bpy.app.translations import pgettext_iface as iface_

from . import redraw
from .engine.contract.messages import NOTHING, Message
from .engine_client.process import Launch
from .engine_client.session import Failure, Session, State
from .engine_client.task import Task

INTERVAL = 0.1
IDLE = 600.0  # seconds after which the engine is ended, so that its memory is free
while_job_runs: list[Callable[[], None]] = []  # called at every step
when_job_ends: list[Callable[[], None]] = []
NO_FAILURE = Failure(NOTHING)


class Runner:
    """The engine's work for this Blender: jobs one after the other, and at most one short task at a time."""

    def __init__(self) -> None:
        self.session = Session()
        self.task: Task | None = None
        self.checks: list[dict[str, Any]] = []  # what Check Engine found: name, ok, found, hint
        self.checked: Path | None = None  # the Python of the engine that it found them of
        self.since = 0.0  # when the job or the task began, seconds of the monotonic clock
        self.file = 0  # counts the files that the artist opens
        self._end_untold = False  # the job's
        self._task_failure: Failure | None = None
        self._finish: Callable[[Task], None] = lambda _: None

    @property
    def job_runs(self) -> bool:
        """Whether a job is going on."""
        return self.session.state is State.RUNNING

    @property
    def busy(self) -> bool:
        """Whether there is something to wait for."""
        return self.session.busy or self.task is not None or self._end_untold

    @property
    def failure(self) -> Failure:
        """What went wrong last; NO_FAILURE where nothing did."""
        return self._task_failure or self.session.failure or NO_FAILURE

    def start_job(self, launch: Launch, params: dict[str, Any]) -> None:
        """Begins the job described by `params`, those of the request `reconstruct`; to be followed by `follow`."""
        self.since = time.monotonic()
        self.session.start(launch, params, self.since)
        self._task_failure, self._end_untold = None, True

    def cancel_job(self) -> None:
        """Gives the running job up, if there is one."""
        self.session.cancel(time.monotonic())

    def start_task(self, task: Task, finish: Callable[[Task], None]) -> None:
        """Follows `task`; `finish` gets it when it is done, unless it failed."""
        self.task, self._finish, self._task_failure, self.since = task, finish, None, time.monotonic()
        self.follow()

    def stop_task(self) -> None:
        """Ends the running task at once."""
        if self.task is not None:
            self.task.stop()
            self.task = None

    def follow(self) -> None:
        """Steps until nothing is left to do: at once in background Blender, else by and by."""
        if bpy.app.background:
            try:
                while self.busy:
                    time.sleep(INTERVAL / 2)
                    self.step()
            except KeyboardInterrupt:
                self.close()
                raise
        elif not bpy.app.timers.is_registered(tick):
            _end(rest)
            bpy.app.timers.register(tick, first_interval=INTERVAL, persistent=True)

    def step(self) -> None:
        """Takes in what has happened. Whatever goes wrong here ends as a failure that the artist can read."""
        self._guarded(lambda: self.session.poll(time.monotonic()))
        if self._end_untold:
            self._end_untold = self.job_runs
            for tell in while_job_runs if self._end_untold else when_job_ends:
                self._guarded(tell)
        try:
            if self.task is not None and self.task.poll():
                self._task_ended()
        except Exception as error:
            self.stop_task()
            self._task_failure = _unexpected(error)

    def close(self) -> None:
        """Ends everything."""
        self.stop_task()
        self.session.close()

    def _guarded(self, act: Callable[[], None]) -> None:
        """Does `act`; an error in it ends the job, and is not the end of what else there is to do."""
        try:
            act()
        except Exception as error:
            self.session.fail(_unexpected(error))
            self.session.close()

    def _task_ended(self) -> None:
        task, self.task = self.task, None
        assert task is not None
        if task.failed:
            self._task_failure = Failure(_why_failed(task), str(task.launch.log))
        else:
            self._finish(task)


runner = Runner()


def why_busy(_: bpy.types.Context) -> str:
    """Why the engine can't be asked for something else at the moment, for the artist; empty where it can."""
    return "Wait until the running task is finished" if runner.busy else ""


def tick() -> float | None:
    """One step; the seconds until the next one, None when there is nothing left to do."""
    runner.step()
    redraw.panels()
    if runner.busy:
        return INTERVAL
    if runner.session.holds_engine and not bpy.app.timers.is_registered(rest):
        bpy.app.timers.register(rest, first_interval=IDLE, persistent=True)
    return None


def rest() -> None:
    """Ends the engine, which the next job starts again."""
    runner.session.close()
    redraw.panels()


@bpy.app.handlers.persistent
def after_load(*_: object) -> None:
    """A result belongs to the file that was open when its job began."""
    runner.file += 1


def register() -> None:
    """Notices when the artist opens another file."""
    bpy.app.handlers.load_post.append(after_load)


def unregister() -> None:
    """Ends the engine."""
    bpy.app.handlers.load_post.remove(after_load)
    _end(tick)
    _end(rest)
    runner.close()


def _end(timer: Callable[[], float | None]) -> None:
    if bpy.app.timers.is_registered(timer):
        bpy.app.timers.unregister(timer)


def _unexpected(error: Exception) -> Failure:
    text = " ".join(str(error).split())
    return Failure(Message("unexpected", {"cause": f"{type(error).__name__}: {text}"}))


def _why_failed(task: Task) -> Message:
    if task.told != NOTHING:
        return task.told
    if task.complaint:
        return Message("task-failed", {"cause": task.complaint})
    return Message("task-ended", {"task": iface_(task.title), "exit": str(task.returncode)})
