# SPDX-License-Identifier: GPL-3.0-or-later
"""Lays the extension out as in the zip and makes it the package `drape`; starts engines, real ones and bad ones."""

from __future__ import annotations

import atexit
import shutil
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import build

STAGE = Path(tempfile.mkdtemp(prefix="drape-"))
atexit.register(shutil.rmtree, STAGE, ignore_errors=True)
build.stage(STAGE / "drape")
sys.path.insert(0, str(STAGE))

from drape.engine_client.process import Launch  # noqa: E402
from drape.engine_client.session import Session  # noqa: E402

LIMIT = 120.0  # seconds of waiting after which a test fails

PEER = """
import json, os, sys, time

def say(method, **params):
    print(json.dumps({"jsonrpc": "2.0", "method": method, "params": params}), flush=True)

def answer(request, **outcome):
    print(json.dumps({"jsonrpc": "2.0", "id": request["id"], **outcome}), flush=True)

def hear():
    return json.loads(sys.stdin.readline())

def hello(protocol=1):
    say("hello", protocol=protocol, version="", python="", torch="", device="cpu", device_name="")

def progress(phase):
    say("progress", phase=phase, step=1, total=4, fraction=0.25, eta=None)

def sleep():
    time.sleep(1000)
"""


@pytest.fixture
def engine(tmp_path: Path) -> Launch:
    """The real engine, with the Python of these tests."""
    return Launch(Path(sys.executable), STAGE / "drape", tmp_path / "worker.log", offline=True)


@pytest.fixture
def peer(tmp_path: Path) -> Callable[[str], Launch]:
    """Makes something that is started as the engine is and does as the given code says."""

    def make(code: str) -> Launch:
        package = tmp_path / "peer" / "engine"
        package.mkdir(parents=True)
        (package / "__main__.py").write_text(PEER + textwrap.dedent(code))
        return Launch(Path(sys.executable), package.parent, tmp_path / "worker.log", offline=True)

    return make


@pytest.fixture
def session() -> Iterator[Session]:
    """A session whose worker ends with the test."""
    made = Session()
    yield made
    made.close()


@pytest.fixture
def ball(tmp_path: Path) -> Path:
    """A picture of a shaded ball on a transparent ground."""
    y, x = (np.mgrid[:96, :96] + 0.5) / 48 - 1
    depth = np.sqrt(np.clip(0.64 - x**2 - y**2, 0, 1))
    rgb = np.clip(0.3 + depth[..., None] * [0.6, 0.5, 0.3], 0, 1)
    path = tmp_path / "ball.png"
    Image.fromarray(np.uint8(255 * np.dstack([rgb, depth > 0]))).save(path)
    return path


def until(condition: Callable[[], object], session: Session, clock: float = 0.0) -> None:
    """Polls `session` at the clock's one time until `condition` holds; fails where it can't hold any more."""
    give_up = time.monotonic() + LIMIT
    while not condition():
        assert session.busy, f"{session.state}: {session.failure}"
        assert time.monotonic() < give_up, f"{session.state}: {session.phase.text}"
        time.sleep(0.01)
        session.poll(clock)
