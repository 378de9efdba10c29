# SPDX-License-Identifier: GPL-3.0-or-later
"""Watches the engine while it has something to do: a timer where there is a window, a loop in background Blender."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import bpy
from bpy.app.translations import pgettext_iface as iface_

from .engine.contract.messages import NOTHING, Message
from .engine_client.session import Failure, Session, State
from .engine_client.task import Task
from .result import scene_object

INTERVAL = 0.1
IDLE = 600.0  # seconds after which the engine is ended, so that its memory is free
while_job_runs: list[Callable[[], None]] = []  # called at every step
when_job_ends: list[Callable[[], None]] = []
NO_FAILURE = Failure(NOTHING)


class Watch:
    """The engine's work for this Blender: jobs one after the other, and at most one short task at a time."""

    def __init__(self) -> None:
        self.session = Session()
        self.task: Task | None = None
        self.imported = False  # the result of the session's job
        self.checks: list[dict[str, Any]] = []  # what Check Engine found: name, ok, found, hint
        self.file = 0  # counts the files that the artist opens
        self._import_into: int | None = None  # the file that waits for the job's result
        self._job_runs = False  # its end is still to be told
        self._task_failure: Failure | None = None
        self._finish: Callable[[Task], None] = lambda _: None

    @property
    def busy(self) -> bool:
        """Whether there is something to wait for."""
        return self.session.busy or self.task is not None

    @property
    def imports_here(self) -> bool:
        """Whether the running job's result will be imported into the file that is open."""
        return self._import_into == self.file

    @property
    def failure(self) -> Failure:
        """What went wrong last; NO_FAILURE where nothing did."""
        return self._task_failure or self.session.failure or NO_FAILURE

    def job_begins(self, file: int) -> None:
        """To be called right after a job was handed to the session, and before `follow`; `file` gets its result."""
        self.imported, self._import_into, self._task_failure, self._job_runs = False, file, None, True

    def begin_task(self, task: Task, finish: Callable[[Task], None]) -> None:
        """Watches `task`; `finish` gets it when it is done, unless it failed."""
        self.task, self._finish, self._task_failure = task, finish, None
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
        try:
            self.session.poll(time.monotonic())
            if self.session.state is State.DONE and self._import_into is not None:
                here, self._import_into = self._import_into == self.file, None  # once; then it is the artist's turn
                if here and not scene_object.why_not_now(bpy.context):
                    self._import()
            if self._job_runs:
                self._job_runs = self.session.state is State.RUNNING
                for tell in while_job_runs if self._job_runs else when_job_ends:
                    tell()
        except Exception as error:
            self.session.fail(_unexpected(error))
            self.session.close()
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

    def _import(self) -> None:
        # True: an undo step of its own, which an operator called from a timer does not make otherwise.
        with bpy.context.temp_override(window=bpy.context.window_manager.windows[0]):
            try:
                bpy.ops.drape.import_result("EXEC_DEFAULT", True, directory=str(self.session.folder))
            except RuntimeError as error:  # what the operator has reported
                cause = str(error).removeprefix("Error: ").strip()
                self.session.fail(Failure(Message("import-failed", {"cause": cause})))

    def _task_ended(self) -> None:
        task, self.task = self.task, None
        assert task is not None
        if task.failed:
            self._task_failure = Failure(_why_failed(task), str(task.launch.log))
        else:
            self._finish(task)


watch = Watch()


def tick() -> float | None:
    """One step of the watch; the seconds until the next one, None when there is nothing left to watch."""
    watch.step()
    redraw()
    if watch.busy:
        return INTERVAL
    if watch.session.holds_engine and not bpy.app.timers.is_registered(rest):
        bpy.app.timers.register(rest, first_interval=IDLE, persistent=True)
    return None


def rest() -> None:
    """Ends the engine, which the next job starts again."""
    watch.session.close()
    redraw()


def redraw() -> None:
    """Has drawn again what shows how the work goes: our sidebars, and the preferences."""
    shown_in = {("VIEW_3D", "UI"), ("IMAGE_EDITOR", "UI"), ("PREFERENCES", "WINDOW")}
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            for region in area.regions:
                if (area.type, region.type) in shown_in:
                    region.tag_redraw()


@bpy.app.handlers.persistent
def after_load(*_: object) -> None:
    """A result belongs to the file that was open when its job began."""
    watch.file += 1


def register() -> None:
    """Notices when the artist opens another file."""
    bpy.app.handlers.load_post.append(after_load)


def unregister() -> None:
    """Ends the engine."""
    bpy.app.handlers.load_post.remove(after_load)
    _end(tick)
    _end(rest)
    watch.close()


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
