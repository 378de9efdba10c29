# SPDX-License-Identifier: GPL-3.0-or-later
"""The child process and the commands that are run once."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from drape.engine_client.process import CHUNK, Child, Launch, clean_environment
from drape.engine_client.task import Task

from tests.addon.conftest import LIMIT, STAGE


def wait_for(child: Child, length: int = 0) -> bytes:
    """What `child` writes: `length` bytes, or all of it until it ends."""
    data, give_up = b"", time.monotonic() + LIMIT
    while True:
        code = child.returncode
        chunk = child.read()
        assert len(chunk) <= CHUNK
        data += chunk
        if (code is not None and not chunk) or 0 < length <= len(data):
            return data
        assert time.monotonic() < give_up
        time.sleep(0 if chunk else 0.01)


def done(task: Task) -> Task:
    """`task` when it has ended."""
    give_up = time.monotonic() + LIMIT
    while not task.poll():
        assert time.monotonic() < give_up
        time.sleep(0.01)
    return task


def python(code: str, tmp_path: Path) -> Child:
    return Child([sys.executable, "-c", code], log=tmp_path / "log", offline=True)


def test_reading_never_waits(tmp_path: Path) -> None:
    child = python("print(input())", tmp_path)
    assert child.read() == b""
    child.send(b"hello\n")
    assert wait_for(child).strip() == b"hello"
    child.send(b"anybody there?\n")
    child.close(1.0)
    assert child.returncode == 0


def test_much_is_read_piece_by_piece(tmp_path: Path) -> None:
    child = python("import os; os.write(1, b'x' * 3_000_000)", tmp_path)
    assert len(wait_for(child)) == 3_000_000
    child.close(1.0)


@pytest.mark.skipif(sys.platform == "win32", reason="processes are looked up as POSIX does")
def test_what_it_has_started_is_killed_with_it(tmp_path: Path) -> None:
    sleep = "[sys.executable, '-c', 'import time; time.sleep(1000)']"
    child = python(
        f"import subprocess, sys; p = subprocess.Popen({sleep}); print(p.pid, flush=True); p.wait()", tmp_path
    )
    pid = int(wait_for(child, 2))
    child.kill()
    give_up = time.monotonic() + LIMIT
    while Path(f"/proc/{pid}").exists() and b"zombie" not in Path(f"/proc/{pid}/status").read_bytes():
        assert time.monotonic() < give_up
        time.sleep(0.01)
    child.close(1.0)


def test_the_environment_is_clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        *("PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "__PYVENV_LAUNCHER__"),
        *("LD_PRELOAD", "LD_LIBRARY_PATH", "DYLD_INSERT_LIBRARIES", "HF_ENDPOINT", "PIP_INDEX_URL", "PIP_NO_INDEX"),
    ):
        monkeypatch.setenv(name, "elsewhere")
    environment = clean_environment(offline=True)
    assert "elsewhere" not in environment.values()
    assert environment["PATH"] == os.environ["PATH"]
    assert environment["HF_HUB_OFFLINE"] == "1"
    assert "HF_HUB_OFFLINE" not in clean_environment(offline=False)


def test_the_doctors_answer(engine: Launch) -> None:
    task = done(Task("Checking", engine, lambda it: it.engine("doctor", "--json"), answers=True))
    assert not task.failed
    assert {check["name"] for check in json.loads(task.output)} >= {"Python", "Device"}


def test_a_refusal_is_told_in_its_own_words(engine: Launch, tmp_path: Path) -> None:
    arguments = ("--messages", "cut-out", str(tmp_path / "missing.png"), "--output", str(tmp_path / "mask.png"))
    task = done(Task("Cutting out", engine, lambda it: it.engine(*arguments)))
    assert task.failed
    assert "missing.png" in task.complaint
    assert not task.complaint.startswith("engine:")
    assert task.told.code == "picture-unopened"
    assert f"{task.told.text} {task.told.hint}" == task.complaint


def test_progress_of_a_task(peer: Callable[[str], Launch]) -> None:
    task = done(Task("Setting up", peer("progress('torch'); print('done'); sys.exit(1)"), lambda it: it.engine()))
    assert (task.phase.text, task.progress) == ("torch", 0.25)
    assert task.failed


def test_a_task_is_stopped(peer: Callable[[str], Launch]) -> None:
    task = Task("Setting up", peer("sleep()"), lambda it: it.engine())
    assert not task.poll()
    task.stop()
    assert task._child.returncode is not None


def test_nothing_is_written_beside_the_engine(engine: Launch) -> None:
    done(Task("Checking", engine, lambda it: it.engine("doctor")))
    assert not list(STAGE.rglob("engine/**/__pycache__"))
