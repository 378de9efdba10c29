# SPDX-License-Identifier: GPL-3.0-or-later
"""The queue of this Blender: jobs that wait are done one after the other, and what becomes of each is kept on disk."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import bpy

from ..engine.contract.messages import Message
from ..engine_client import history
from ..engine_client.history import Entry, History, Status
from ..engine_client.session import State
from ..result import scene_object
from ..runner import watch, when_job_ends
from ..setup.preferences import NotSetUpError, jobs_folder, launch


class JobQueue:
    """What this Blender adds to the history: whether it works on what waits, and for which file."""

    def __init__(self) -> None:
        self.on = False
        self.files: dict[Path, int] = {}  # the file, as the watch counts them, that was open when a job was added
        self.imported: set[Path] = set()
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
            and entry.folder not in self.imported and not scene_object.is_here(entry.folder)
        ]  # fmt: skip

    def is_running(self, entry: Entry) -> bool:
        """Whether this Blender is at work on it; one that says so and is not was interrupted, or is another's."""
        return watch.session.state is State.RUNNING and watch.session.folder == entry.folder

    def add(self, entry: Entry) -> None:
        """Lets `entry` wait, and begins it if nothing else is going on. Raises OSError."""
        self.history.write(entry)
        self.files[entry.folder] = watch.file
        self.on = True

    def start(self, entry: Entry) -> None:
        """Begins `entry`, to be imported into the file that it was added in. Raises NotSetUpError and OSError."""
        engine = launch("worker")
        self.history.write(replace(entry, status=Status.RUNNING, order=time.time()))
        watch.session.start(engine, entry.params, time.monotonic())
        watch.job_begins(self.files.get(entry.folder, watch.file))

    def advance(self) -> None:
        """Begins the next job unless one is running or the queue is off."""
        if not self.on or watch.session.state is State.RUNNING or not self.waiting:
            return
        entry = self.waiting[0]
        try:
            self.start(entry)
        except NotSetUpError:
            self.on = False
            self.history.write(replace(entry, status=Status.FAILED, message=Message("not-set-up")))

    def job_ended(self) -> None:
        """Keeps what became of the session's job, and goes on with the next; cancelling one stops the queue."""
        session = watch.session
        entry = self.history.of(session.folder) if session.folder is not None else None
        if watch.imported and session.folder is not None:
            self.imported.add(session.folder)
        if entry is not None and session.state is State.DONE:
            self.history.write(history.finished(entry))
        elif entry is not None:
            self.history.write(replace(entry, status=Status(session.state), message=watch.failure.message))
        if session.state is State.CANCELLED:
            self.on = False
        self.advance()

    def file_saved(self) -> None:
        """From now on results that are in this file, or were and have been deleted, needn't be recovered."""
        for entry in self.history.entries:
            if not entry.saved and (scene_object.is_here(entry.folder) or entry.folder in self.imported):
                self.history.write(replace(entry, saved=True))


queue = JobQueue()


@bpy.app.handlers.persistent
def after_save(*_: object) -> None:
    """A saved result is safe."""
    queue.file_saved()


def job_ended() -> None:
    """The watch's job has ended, one way or another."""
    queue.job_ended()


def register() -> None:
    """Notices when a job has ended, and when the artist saves her file."""
    when_job_ends.append(job_ended)
    bpy.app.handlers.save_post.append(after_save)


def unregister() -> None:
    """Undoes that."""
    bpy.app.handlers.save_post.remove(after_save)
    when_job_ends.remove(job_ended)
