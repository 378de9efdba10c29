# SPDX-License-Identifier: GPL-3.0-or-later
"""Lie to it: garbled messages both ways. The worker answers on, and no exception leaves the add-on's `poll`."""

from __future__ import annotations

import json
import os
import random
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from drape.engine_client.session import Session, State

from engine.contract import protocol
from engine.contract.messages import Message
from engine.worker import Worker
from tests.faults.conftest import LONG
from tests.faults.mutation import mutated, mutated_value

pytestmark = pytest.mark.faults
MANY = 10_000 if LONG else 2_000
REQUESTS = [
    {"jsonrpc": "2.0", "id": 7, "method": "reconstruct",
     "params": {"picture": "none.png", "output": "nowhere", "seed": 3, "resume": False, "overwrite": False,
                "overrides": {"steps": 3}, "orbit": {"seeds": {"1": 2}, "pictures": {"2": "p.png"}, "stop_after": 0}}},
    {"jsonrpc": "2.0", "id": 8, "method": "cancel", "params": {}},
    {"jsonrpc": "2.0", "id": 9, "method": "unload", "params": {}},
]  # fmt: skip
CONVERSATION: list[dict[str, Any]] = [
    json.loads(line)
    for line in (
        protocol.notification("hello", {"protocol": 1, "version": "0", "device": "cpu"}),
        protocol.progress(Message("view", {"number": 1, "count": 8}), 1, 4, 0.25, 3.5),
        protocol.notification("preview", {"file": "preview.png"}),
        protocol.notification("heartbeat", {"time": 3.0}),
        protocol.notification("log", {"level": "info", "text": "Hello."}),
        protocol.error(1, protocol.FAILED, Message("memory-full"), "engine.log"),
        protocol.result(1, {"folder": "there"}),
    )
]


def garbled(message: dict[str, Any], chance: random.Random) -> bytes:
    """A line that began as `message`."""
    if chance.random() < 0.6:
        return json.dumps(mutated_value(message, chance)).encode() + b"\n"
    return mutated(json.dumps(message).encode(), chance) + b"\n"


def test_the_worker_is_never_deaf(tmp_path: Path, tell: Callable[[str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    chance = random.Random(0)
    hears, asks = os.pipe()
    listens, says = os.pipe()
    answers: list[bytes] = []
    worker = threading.Thread(target=Worker(hears, says).run, daemon=True)
    listener = threading.Thread(target=lambda: answers.extend(os.fdopen(listens, "rb")), daemon=True)
    listener.start()
    worker.start()
    with os.fdopen(asks, "wb") as out:
        for number in range(MANY):
            out.write(garbled(chance.choice(REQUESTS), chance))
            if number % 500 == 0:
                out.write(b"[" * 200_000 + b"\n")
        out.write(protocol.request(424242, "shutdown"))
    worker.join(600)
    os.close(says)
    listener.join(60)
    assert not worker.is_alive()
    said = [json.loads(line) for line in answers]
    assert {"jsonrpc": "2.0", "id": 424242, "result": {}} in said
    refused = sum("error" in message for message in said)
    assert refused > MANY // 4
    assert not [message for message in said if message.get("error", {}).get("data", {}).get("code") == "unexpected"]
    tell(f"{MANY} garbled requests, {refused} refusals, still listening")


class Liar:
    """Stands where the engine's process is."""

    def __init__(self, said: bytes) -> None:
        self.said, self.returncode = said, None

    def send(self, line: bytes) -> None:
        """Hears nothing."""

    def flush(self) -> None:
        """Hears nothing."""

    def read(self) -> bytes:
        """The next of what it says; then it has ended."""
        part, self.said = self.said[: 1 << 14], self.said[1 << 14 :]
        if not part:
            self.returncode = 1  # type: ignore[assignment]
        return part

    def close(self, patience: float) -> None:
        """Is gone."""


class LiarsLaunch:
    """Starts one."""

    python, log = Path("python"), Path("worker.log")

    def __init__(self, said: bytes) -> None:
        self.said = said

    def engine(self, _: str) -> Liar:
        """The process."""
        return Liar(self.said)

    def last_words(self) -> str:
        """None."""
        return ""


def test_whatever_the_engine_says_the_job_ends(tell: Callable[[str], None]) -> None:
    chance = random.Random(0)
    ends: dict[State, int] = {}
    for _ in range(MANY // 10):
        lines = [json.dumps(CONVERSATION[0]).encode() + b"\n"] if chance.random() < 0.9 else []
        for _ in range(10):
            message = chance.choice(CONVERSATION)
            lines += [garbled(message, chance) if chance.random() < 0.2 else json.dumps(message).encode() + b"\n"]
        session = Session()
        session.start(LiarsLaunch(b"".join(lines)), {"output": "somewhere"}, 0.0)
        for _ in range(200):
            session.poll(0.0)
            assert 0 <= session.progress <= 1
            assert session.eta is None or 0 <= session.eta < float("inf")
        assert session.state is not State.RUNNING
        if session.failure is not None:
            assert session.failure.message.text
        ends[session.state] = ends.get(session.state, 0) + 1
    tell(f"{MANY} garbled messages: " + ", ".join(f"{count} {state}" for state, count in sorted(ends.items())))
