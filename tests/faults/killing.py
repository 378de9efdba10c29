# SPDX-License-Identifier: GPL-3.0-or-later
"""Small jobs in processes that end where they are told to: `python -m tests.faults.killing METHOD FOLDER POINTS`.

A job with another seed is done over an older result. Its process is killed before the n-th thing that it does to a
file, every other time with a file half written; or it finds the disk full. Prints as JSON how many points there are,
how many were tried, and what was lost.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import torch

from engine import devices
from engine.contract.records import JobRecord, read_record
from engine.contract.result_folder import JOB, NEW, READY, RESULT, is_part, whole_result
from engine.errors import explain
from engine.job.reconstruct import reconstruct
from engine.job.request import Request
from engine.loaded_models import LoadedModels
from tests.engine.conftest import draw_ball
from tests.engine.methods.pop3d.small_jobs import SETTINGS
from tests.engine.watcher import Watcher

QUICK = {"resolution": "32", "steps": "2", "noises": "1", "patience": "0", "texture_size": "64"}
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
CHANGES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate", "os.link", "os.symlink"}
TOLD = ("result.json", "job.json")
"""Files that tell times and places."""


class Attack:
    """One method's jobs."""

    def __init__(self, method: str, folder: Path) -> None:
        self.method, self.folder = method, folder
        self.models = LoadedModels()
        self.picture = draw_ball(folder / "ball.png")
        self.losses: list[str] = []
        self.do(folder / "old", 1)
        self.do(folder / "new", 2)
        self.old, self.new = bytes_of(folder / "old"), bytes_of(folder / "new")

    def do(self, output: Path, seed: int, *, resume: bool = False, overwrite: bool = False) -> None:
        """The job with this `seed` in the folder `output`."""
        all_round = self.method == "pop3d"
        values = {"picture": str(self.picture), "output": str(output), "device": "cpu", "seed": seed,
                  "method": self.method, "guidance": "auto" if all_round else "embedded"}  # fmt: skip
        request = Request.check(values, SETTINGS if all_round else QUICK, {"stop_after": 2} if all_round else {})
        reconstruct(request, self.models, Watcher(), resume=resume, overwrite=overwrite)

    def points(self) -> int:
        """How many things a job does to files."""
        reading, writing = os.pipe()

        def count() -> None:
            seen = watch(self.job, 0)
            self.do(self.job, 2, overwrite=True)
            os.write(writing, str(seen[0]).encode())

        self.prepare()
        apart(count)
        return int(os.read(reading, 100))

    @property
    def job(self) -> Path:
        """The folder that is attacked."""
        return self.folder / "job"

    def prepare(self) -> None:
        """Puts the older result there."""
        shutil.rmtree(self.job, ignore_errors=True)
        shutil.copytree(self.folder / "old", self.job)

    def kill(self, point: int) -> None:
        """Kills a job at this point, and goes on."""

        def killed() -> None:
            watch(self.job, point)
            self.do(self.job, 2, overwrite=True)

        self.prepare()
        code = apart(killed)
        self.expect(code == -signal.SIGKILL, point, f"ended with {code}")
        self.look(point)
        self.go_on(point)

    def fill(self, most: int) -> None:
        """Lets a job find a disk that takes no file over `most` bytes, and goes on with a larger one."""

        def starved() -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))
            try:
                self.do(self.job, 2, overwrite=True)
            except Exception as error:
                code, told = explain(error)
                os._exit(77 if (code, told.code) == (1, "disk-full") else 1)

        self.prepare()
        code = apart(starved)
        self.expect(code == 77, most, f"a full disk ended it with {code}")
        self.look(most)
        self.expect(not (self.job / NEW).exists(), most, "left an unfinished result")
        self.go_on(most)

    def look(self, point: int) -> None:
        """What is there is whole: the older result or the new one, were it one that only has to be moved."""
        ready = whole_new(self.job)
        if whole_result(self.job) is not None:
            self.expect(bytes_of(self.job) in (self.old, self.new), point, "a result of two results")
        else:
            self.expect(ready, point, "no result is whole")

    def go_on(self, point: int) -> None:
        """As the artist does: resumes what was begun, else asks again."""
        begun = read_record(self.job / JOB, JobRecord)
        resume = begun is not None and begun["job"].get("seed") == 2
        code = apart(lambda: self.do(self.job, 2, resume=resume, overwrite=not resume))
        self.expect(code == 0, point, f"going on ended with {code}")
        self.expect(whole_result(self.job) is not None and bytes_of(self.job) == self.new, point, "other bits")
        left = [path.name for path in self.job.iterdir() if is_part(path.name) or path.name in (NEW, READY)]
        self.expect(not left, point, f"left {left}")

    def expect(self, true: bool, point: int, loss: str) -> None:
        """Counts a loss unless `true`."""
        if not true:
            self.losses.append(f"{self.method} at {point}: {loss}")


def whole_new(job: Path) -> bool:
    """Whether a new result is ready, or already partly in its place."""
    if not (job / READY / RESULT).is_file():
        return False
    files = json.loads((job / READY / RESULT).read_bytes())["files"]
    return all((job / READY / name).is_file() or (job / name).is_file() for name in files)


def bytes_of(folder: Path) -> dict[str, bytes]:
    """The files of the result in `folder`, but for what tells times."""
    result = whole_result(folder)
    names = [] if result is None else result["files"]
    return {name: (folder / name).read_bytes() for name in names if name not in TOLD}


def watch(folder: Path, point: int) -> list[int]:
    """Counts, into what it returns, what this process does to files in `folder` from now on; is killed at `point`."""
    seen, inside = [0], str(folder)

    def hear(event: str, arguments: tuple[Any, ...]) -> None:
        changes = event in CHANGES or (event == "open" and bool((arguments[2] or 0) & WRITING))
        if not changes or not str(arguments[0]).startswith(inside):
            return
        seen[0] += 1
        if seen[0] == point:
            if event == "os.rename" and point % 2 and os.path.isfile(arguments[0]) and is_part(Path(arguments[0]).name):
                descriptor = os.open(arguments[0], os.O_RDWR)
                os.ftruncate(descriptor, os.fstat(descriptor).st_size // 2)
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hear)
    return seen


def apart(act: Callable[[], None]) -> int:
    """Does `act` in a process of its own; its exit code, negative for a signal."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            act()
            code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def main(method: str, folder: Path, most: int) -> None:
    """Tries at most `most` points, spread evenly, and a full disk at every size of file."""
    torch.set_num_threads(1)  # threads don't survive a fork
    cv2.setNumThreads(1)
    devices.leave_cores_free = lambda: None
    attack = Attack(method, folder)
    points = attack.points()
    tried = range(1, points + 1, max(1, -(-points // most)))
    for point in tried:
        attack.kill(point)
    sizes = sorted({len(content) - 1 for content in attack.new.values()})
    sizes = sizes[:: max(1, -(-3 * len(sizes) // most))]
    for size in sizes:
        attack.fill(size)
    found = {"points": points, "killed": len(tried), "full": len(sizes), "losses": attack.losses}
    sys.stdout.write(f"{json.dumps(found)}\n")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
