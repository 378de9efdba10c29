# SPDX-License-Identifier: GPL-3.0-or-later
"""The worker as the add-on sees it: a process that is talked to in lines of JSON."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.contract import protocol
from engine.contract.version import version

ROOT = Path(__file__).resolve().parents[2]
LIMIT = 120  # seconds after which a worker that hangs is killed, so that the test fails


class Client:
    """A worker and the messages that it has sent."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "engine", "worker"]
        self.process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._watchdog = threading.Timer(LIMIT, self.process.kill)
        self._watchdog.start()
        self.messages: list[protocol.Message] = []
        self.hello = self.next()

    def next(self) -> protocol.Message:
        """The next message."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the worker ended"
        self.messages.append(json.loads(line))
        return self.messages[-1]

    def send(self, line: bytes) -> None:
        """Writes a raw line."""
        assert self.process.stdin is not None
        self.process.stdin.write(line)
        self.process.stdin.flush()

    def request(self, identity: int, method: str, **params: Any) -> None:
        """Asks without waiting."""
        self.send(protocol.request(identity, method, params))

    def answer(self, identity: int | None) -> protocol.Message:
        """Waits for the answer to request `identity`."""
        while True:
            message = self.next()
            if "method" not in message and message["id"] == identity:
                return message

    def at_work(self) -> None:
        """Waits until stage I has taken some steps."""
        while True:
            message = self.next()
            assert "error" not in message, message
            if (
                message.get("method") == "progress"
                and message["params"]["total"] > 1
                and message["params"]["step"] >= 3
            ):
                return

    def end(self) -> int:
        """Closes the worker's stdin and waits for its end."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        return self.process.wait()

    def close(self) -> None:
        self._watchdog.cancel()
        with self.process:
            self.process.kill()


@pytest.fixture
def worker() -> Iterator[Client]:
    client = Client()
    yield client
    client.close()


def job(picture: Path, output: Path, overrides: dict[str, str], **more: Any) -> dict[str, Any]:
    fixed = {"picture": str(picture), "output": str(output), "guidance": "embedded", "device": "cpu"}
    return {**fixed, "overrides": overrides, **more}


def test_it_says_hello_and_ends_with_its_stdin(worker: Client) -> None:
    assert worker.hello["method"] == "hello"
    params = worker.hello["params"]
    assert (params["protocol"], params["version"]) == (protocol.VERSION, version())
    assert params["torch"].startswith("2.")
    assert params["device_name"]
    assert worker.end() == 0


def test_shutdown_is_answered(worker: Client) -> None:
    worker.request(1, "shutdown")
    assert worker.answer(1)["result"] == {}
    assert worker.process.wait() == 0


def test_two_jobs_in_a_row(worker: Client, ball: Path, quick: dict[str, str], tmp_path: Path) -> None:
    for number in (1, 2):
        output = tmp_path / f"job {number}"
        worker.request(number, "reconstruct", **job(ball, output, quick, seed=number))
        assert worker.answer(number)["result"] == {"folder": str(output)}
        assert json.loads((output / "result.json").read_text())["seed"] == number
    methods = {message.get("method") for message in worker.messages}
    assert methods >= {"hello", "progress", "preview", "log"}
    reports = [message["params"] for message in worker.messages if message.get("method") == "progress"]
    assert set(reports[0]) == {"phase", "phase_code", "phase_params", "step", "total", "fraction", "eta"}
    worker.request(3, "unload")
    assert worker.answer(3)["result"] == {}


def test_cancel_stops_the_job_which_then_goes_on(
    worker: Client, ball: Path, long: dict[str, str], tmp_path: Path
) -> None:
    params = job(ball, tmp_path / "job", long)
    worker.request(1, "reconstruct", **params)
    worker.at_work()
    worker.request(2, "reconstruct", **job(ball, tmp_path / "other", long))
    assert worker.answer(2)["error"]["message"] == "Another reconstruction is running."
    worker.request(3, "cancel")
    assert worker.answer(3)["result"] == {"cancelled": True}
    assert worker.answer(1)["error"]["code"] == protocol.CANCELLED
    worker.request(4, "cancel")
    assert worker.answer(4)["result"] == {"cancelled": False}
    worker.request(5, "reconstruct", **params, resume=True)
    assert "result" in worker.answer(5)


def test_a_job_cut_off_goes_on_bit_for_bit(worker: Client, ball: Path, long: dict[str, str], tmp_path: Path) -> None:
    worker.request(1, "reconstruct", **job(ball, tmp_path / "parts", long))
    worker.at_work()
    assert worker.end() == 0
    assert not (tmp_path / "parts" / "result.json").exists()

    second = Client()
    try:
        second.request(1, "reconstruct", **job(ball, tmp_path / "parts", long), resume=True)
        assert "result" in second.answer(1)
        first_step = next(
            message["params"]["step"]
            for message in second.messages
            if message.get("method") == "progress" and message["params"]["total"] > 1
        )
        assert first_step >= 3
        second.request(2, "reconstruct", **job(ball, tmp_path / "whole", long))
        assert "result" in second.answer(2)
    finally:
        second.close()
    for name in ("uv.npy", "depth.npy", "mesh.npz"):
        assert (tmp_path / "parts" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_it_beats_while_idle(worker: Client) -> None:
    message = worker.next()
    assert message["method"] == "heartbeat"
    assert message["params"]["time"] >= 2


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a process with its parent")
def test_it_ends_with_its_parent_even_if_its_stdin_stays_open() -> None:
    theirs, ours = os.pipe()
    script = (
        "import subprocess, sys; subprocess.run([sys.executable, '-m', 'engine', 'worker'], stdin=int(sys.argv[1]))"
    )
    command = [sys.executable, "-c", script, str(theirs)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, pass_fds=[theirs]) as parent:
        assert parent.stdout is not None
        assert b'"hello"' in parent.stdout.readline()
        parent.kill()
        parent.stdout.read()  # ends when the worker's stdout closes
    os.close(theirs)
    os.close(ours)


def test_requests_that_make_no_sense_are_refused(worker: Client) -> None:
    files = {"picture": "no-such.png", "output": "b"}
    requests: list[tuple[str, dict[str, Any], str]] = [
        ("draw", {}, "There is no request 'draw'."),
        ("reconstruct", {"picture": "a.png"}, "The job names no output."),
        ("reconstruct", files, "no-such.png"),
        ("reconstruct", {**files, "colour": 1}, "A job has no 'colour'"),
        ("reconstruct", {**files, "overrides": {"steps": -1}}, "'steps' lies between"),
        ("reconstruct", {**files, "overrides": [1]}, "The overrides and the orbit are objects"),
        ("reconstruct", {**files, "orbit": [3]}, "The overrides and the orbit are objects"),
        ("reconstruct", {**files, "orbit": {"seeds": {"0": 1}}}, "from 1 on"),
    ]
    for identity, (method, params, message) in enumerate(requests):
        worker.request(identity, method, **params)
        error = worker.answer(identity)["error"]
        assert error["code"] == protocol.BAD_INPUT
        assert message in error["message"]


def test_noise_on_the_line_is_no_reason_to_end(worker: Client) -> None:
    worker.send(b"what?\n{}\n[1, 2]\n")
    assert [worker.answer(None)["error"]["code"] for _ in range(3)] == [protocol.BAD_INPUT] * 3
    worker.request(1, "shutdown")
    assert worker.answer(1)["result"] == {}
