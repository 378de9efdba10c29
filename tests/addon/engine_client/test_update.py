# SPDX-License-Identifier: GPL-3.0-or-later
"""An update replaces the extension's files: what the engine must not hold of them while it runs, since Windows then
neither removes nor replaces them.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest
from drape.engine_client import session as sessions
from drape.engine_client.process import Launch
from drape.engine_client.session import Session, State

from tests.addon.conftest import STAGE, until
from tests.addon.engine_client.test_session import Peer, begin, job, lives

EXTENSION = str(STAGE)


@pytest.mark.skipif(sys.platform != "linux", reason="what a process holds is looked up in /proc")
@pytest.mark.parametrize("method", ["dreamtexture", "pop3d"])
def test_the_engine_holds_nothing_of_the_extension(
    session: Session, engine: Launch, ball: Path, tmp_path: Path, method: str
) -> None:
    """Neither a weight mapped into memory nor an open file nor the folder as the one it works in; at work and at rest,
    with its models loaded. Byte code it writes nowhere.
    """
    params: dict[str, Any] = job(ball, tmp_path / "one")
    if method == "pop3d":
        quick = {"view_size": 64, "volume": 32, "view_steps": 0, "last_steps": 0, "faces": 1000, "texture_size": 64}
        params = {**params, "method": method, "overrides": quick, "orbit": {"stop_after": 2}}
    session.start(engine, params, 0.0)
    until(lambda: session.total > 1 or not session.busy, session)
    assert session._child is not None
    process = Path("/proc", str(session._child._process.pid))
    mapped = [(process / "maps").read_text()]
    until(lambda: not session.busy, session)
    assert session.state is State.DONE, session.failure
    mapped.append((process / "maps").read_text())
    assert "torch" in mapped[1]  # so something is seen at all
    assert not any(EXTENSION in text for text in mapped)
    assert not [file for file in (process / "fd").iterdir() if os.readlink(file).startswith(EXTENSION)]
    assert not os.readlink(process / "cwd").startswith(EXTENSION)
    assert not list(STAGE.rglob("*.pyc"))


def test_an_engine_that_does_not_end_is_ended(session: Session, peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    """When `close` returns it is gone."""
    monkeypatch.setattr(sessions, "SECONDS_TO_END", 0.2)
    begin(session, peer("hello(); hear(); progress(str(os.getpid())); sleep()"))
    until(lambda: session.progress, session)
    session.close()
    assert not lives(session.phase.text)
