# SPDX-License-Identifier: GPL-3.0-or-later
"""The queue of this Blender: jobs that wait are done one after the other, and what becomes of each is kept on disk."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import bpy

from ..engine.contract.messages import InputError, Message
from ..engine_client import history
from ..engine_client.history import Entry, History, Status
from ..engine_client.process import Launch
from ..engine_client.session import State
from ..result import imported
from ..runner import runner
from ..setup.environment import NotSetUpError, jobs_folder, launch
from .hands import Hands, at_work


class JobQueue:
    """What this Blender adds to the history: whether it works on what waits, and for which file."""

    def __init__(self) -> None:
        self.on = False
        self.files: dict[Path, int] = {}  # the file, as the runner counts them, that was open when a job was added
        self._file: int | None = None  # the one that gets the running job's result
        self._hands: Hands | None = None  # what the artist had in hand when that job began
        self._history = History(Path())

    @property
    def history(self) -> History:
        """The jobs in the jobs folder of the preferences."""
        if self._history.jobs != jobs_folder():
            self._history = History(jobs_folder())
        return self._history

    @property
    def waiting(self) -> list[Entry]:
        """What waits, the next one first."""
        return [entry for entry in self.history.entries if entry.status is Status.WAITING]

    @property
    def recoverable(self) -> list[Entry]:
        """Finished jobs whose results are neither in this file nor in a saved one, and weren't taken out of this."""
        return [
            entry
            for entry in self.history.entries
            if entry.status is Status.DONE and not entry.saved and entry.has_result
            and not imported.is_imported(entry.folder)
        ]  # fmt: skip

    @property
    def last(self) -> Entry | None:
        """The job that this Blender began last; None where the history knows of none."""
        return self.history.of(runner.session.folder) if runner.session.folder is not None else None

    @property
    def imports_here(self) -> bool:
        """Whether the running job's result will be imported into the file that is open."""
        return self._file == runner.file

    @property
    def she_works(self) -> bool:
        """Whether the artist has taken up something else since the running job began."""
        return self._hands != at_work()

    def is_running(self, entry: Entry) -> bool:
        """Whether this Blender is at work on it; one that says so and is not was interrupted, or is another's."""
        return runner.job_runs and runner.session.folder == entry.folder

    def add(self, entry: Entry) -> None:
        """Lets `entry` wait for its turn, which `go` begins. Raises OSError."""
        self.history.write(entry)
        self.files[entry.folder] = runner.file
        self.on = True

    def go(self) -> None:
        """Begins what waits, one job after the other; in background Blender this takes as long as they do."""
        self.advance()
        runner.follow()

    def start(self, entry: Entry) -> None:
        """Begins `entry`, to be imported into the file that it was added in. Raises NotSetUpError and OSError."""
        engine = launch("worker")
        self.history.write(replace(entry, status=Status.RUNNING, order=time.time()))
        self.hand_over(engine, entry.params, self.files.get(entry.folder, runner.file))

    def hand_over(self, engine: Launch, params: dict[str, Any], file: int) -> None:
        """Has `engine` do the job described by `params`; its result comes into `file`, as the runner counts them."""
        runner.start_job(engine, params)
        self._file, self._hands = file, at_work()

    def advance(self) -> None:
        """Begins the next job unless one is running or the queue is off."""
        if not self.on or runner.job_runs or not self.waiting:
            return
        entry = self.waiting[0]
        try:
            self.start(entry)
        except NotSetUpError:
            self.on = False
            self.history.write(replace(entry, status=Status.FAILED, message=Message("not-set-up")))

    def job_ended(self) -> None:
        """Keeps what became of the session's job, and goes on with the next; cancelling one stops the queue."""
        state = runner.session.state
        if (entry := self.last) is not None:
            try:
                if state is State.DONE:
                    entry = history.finished(entry)
                else:
                    entry = replace(entry, status=Status(state), message=runner.failure.message)
            except InputError as error:
                entry = replace(entry, status=Status.FAILED, message=error.message)
            self.history.write(entry)
        if state is State.CANCELLED:
            self.on = False
        self.advance()

    def file_saved(self) -> None:
        """From now on results that are in this file, or were and have been deleted, needn't be recovered."""
        for entry in self.history.entries:
            if not entry.saved and imported.is_imported(entry.folder):
                self.history.write(replace(entry, saved=True))


queue = JobQueue()


@bpy.app.handlers.persistent
def after_save(*_: object) -> None:
    """A saved result is safe."""
    queue.file_saved()


def register() -> None:
    """Notices when the artist saves her file."""
    bpy.app.handlers.save_post.append(after_save)


def unregister() -> None:
    """Undoes that."""
    bpy.app.handlers.save_post.remove(after_save)
