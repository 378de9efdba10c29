# SPDX-License-Identifier: GPL-3.0-or-later
"""What the artist sees when the engine does its work, and when it does anything else."""

from __future__ import annotations

import os
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from drape.engine.contract.result_folder import is_complete
from drape.engine_client import folders
from drape.engine_client.process import Launch
from drape.engine_client.session import SECONDS_OF_SILENCE, SECONDS_TO_CANCEL, SECONDS_TO_START, Session, State

from tests.addon.conftest import until

Peer = Callable[[str], Launch]
STEP = 4.0  # seconds between two polls where a test lets time pass


def job(picture: Path, output: Path, **overrides: Any) -> dict[str, Any]:
    """Params of a job that takes a second or two."""
    quick = {"resolution": 32, "steps": 4, "texture_size": 64, **overrides}
    fixed = {"picture": str(picture), "output": str(output), "guidance": "embedded", "device": "cpu"}
    return {**fixed, "overrides": quick}


def begin(session: Session, launch: Launch) -> None:
    """Begins a job of which only the name of its folder matters."""
    session.start(launch, {"output": "somewhere"}, 0.0)


def pass_time(session: Session, begin: float, seconds: float) -> None:
    """Polls as often as Blender's timer would at the least."""
    end = begin + seconds
    while begin < end:
        begin = min(begin + STEP, end)
        session.poll(begin)


def lives(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    return True


def test_a_job_by_the_engine(session: Session, engine: Launch, ball: Path, tmp_path: Path) -> None:
    assert session.state is State.IDLE
    session.start(engine, job(ball, tmp_path / "one"), 0.0)
    assert session.state is State.RUNNING
    assert session.busy
    phases = set()

    def done() -> bool:
        phases.add(session.phase.text)
        return not session.busy

    until(done, session)
    assert session.state is State.DONE
    assert session.failure is None
    assert session.progress == 1.0
    assert len(phases) > 3
    assert session.folder == tmp_path / "one"
    assert is_complete(session.folder)
    assert session.preview is not None
    assert session.preview.is_file()


def test_bad_input_is_told_and_the_worker_kept(session: Session, engine: Launch, ball: Path, tmp_path: Path) -> None:
    (tmp_path / "no.png").write_text("no picture")
    session.start(engine, job(tmp_path / "no.png", tmp_path / "one"), 0.0)
    until(lambda: not session.busy, session)
    assert session.state is State.FAILED
    assert session.failure is not None
    assert "'no.png' is not a picture" in session.failure.message.text
    assert session.failure.message.hint
    worker = session._child
    session.start(engine, job(ball, tmp_path / "two"), 0.0)
    until(lambda: not session.busy, session)
    assert session.state is State.DONE
    assert session._child is worker


def test_a_cancelled_job_is_resumed(session: Session, engine: Launch, ball: Path, tmp_path: Path) -> None:
    session.start(engine, job(ball, tmp_path / "one", steps=60, patience=0), 0.0)
    until(lambda: session.total > 1 and session.step >= 3, session)
    session.cancel(0.0)
    assert session.state is State.CANCELLED
    until(lambda: not session.busy, session)
    assert session.state is State.CANCELLED
    params = folders.request_to_resume(tmp_path / "one")
    assert params is not None
    session.start(engine, params, 0.0)
    until(lambda: not session.busy, session)
    assert session.state is State.DONE, session.failure


def test_the_next_job_waits_for_the_end_of_the_cancelled_one(
    session: Session, engine: Launch, ball: Path, tmp_path: Path
) -> None:
    session.start(engine, job(ball, tmp_path / "one", steps=60, patience=0), 0.0)
    until(lambda: session.total > 1 and session.step >= 3, session)
    session.cancel(0.0)
    session.start(engine, job(ball, tmp_path / "two"), 0.0)
    until(lambda: not session.busy, session)
    assert session.state is State.DONE, session.failure
    assert session.folder == tmp_path / "two"


def test_another_engine_python_means_another_worker(session: Session, peer: Peer, engine: Launch, ball: Path) -> None:
    begin(
        session,
        peer("hello(); progress(str(os.getpid())); answer(hear(), error={'code': 1, 'message': 'No.'}); sleep()"),
    )
    until(lambda: session.state is State.FAILED, session)
    first = session._child
    session.start(engine, job(ball, ball.parent / "one"), 0.0)
    assert session._child is not first
    assert first is not None
    assert first.returncode is not None


def test_one_job_at_a_time(session: Session, peer: Peer) -> None:
    launch = peer("hello(); sleep()")
    begin(session, launch)
    with pytest.raises(RuntimeError):
        begin(session, launch)


def test_no_python(session: Session, tmp_path: Path) -> None:
    begin(session, Launch(tmp_path / "python", tmp_path, tmp_path / "log", offline=True))
    assert session.state is State.FAILED
    assert session.failure is not None
    assert "can't be started" in session.failure.message.text


def test_the_engine_can_not_start(session: Session, peer: Peer) -> None:
    begin(session, peer("sys.exit('No module named torch')"))
    until(lambda: not session.busy, session)
    assert session.failure is not None
    assert session.failure.message.text == "The engine could not start: No module named torch"
    assert "Set Up Engine" in session.failure.message.hint


def test_the_engine_dies(session: Session, peer: Peer) -> None:
    begin(session, peer("hello(); hear(); progress('Aligning'); print('ow', file=sys.stderr); os._exit(7)"))
    until(lambda: not session.busy, session)
    assert session.state is State.FAILED
    assert session.failure is not None
    assert "(exit code 7)" in session.failure.message.text
    assert "Resume" in session.failure.message.hint
    assert Path(session.failure.log).read_text().strip() == "ow"


def test_its_last_word_counts(session: Session, peer: Peer) -> None:
    begin(session, peer("hello(); answer(hear(), result={'folder': 'there'}); os._exit(1)"))
    until(lambda: not session.busy, session)
    assert session.state is State.DONE
    assert session.folder == Path("there")


def test_many_messages_are_taken_in_piece_by_piece(session: Session, peer: Peer) -> None:
    """And the last of them counts, though the worker has long ended."""
    flood = "request = hear(); [progress(str(k)) for k in range(400)]; answer(request, result={'folder': 'there'})"
    begin(session, peer(f"hello(); {flood}; os._exit(1)"))
    until(lambda: session.phase.text.isdigit(), session)
    child = session._child
    assert child is not None
    while child.returncode is None:
        pass
    seen = [int(session.phase.text)]
    while session.busy:
        session.poll(0.0)
        seen.append(int(session.phase.text))
    assert max(later - earlier for earlier, later in pairwise(seen)) < 200
    assert seen[-1] == 399
    assert session.state is State.DONE


def test_another_version_of_the_protocol(session: Session, peer: Peer) -> None:
    begin(session, peer("hello(protocol=2); sleep()"))
    until(lambda: not session.busy, session)
    assert session.failure is not None
    assert "version 2" in session.failure.message.text


@pytest.mark.parametrize(
    "code",
    [
        "print('Welcome to my program!'); sleep()",
        "say('hello'); sleep()",
        "hello(); hear(); say('progress', phase='Aligning', step='many'); sleep()",
        "hello(); answer(hear(), error='No.'); sleep()",
    ],
)
def test_nonsense(session: Session, peer: Peer, code: str) -> None:
    begin(session, peer(code))
    until(lambda: not session.busy, session)
    assert session.state is State.FAILED
    assert session.failure is not None
    assert "makes no sense" in session.failure.message.text


def test_a_stray_line_does_no_harm(session: Session, peer: Peer) -> None:
    begin(
        session,
        peer("hello(); request = hear(); print('Warning!'); answer(request, result={'folder': 'there'}); sleep()"),
    )
    until(lambda: not session.busy, session)
    assert session.state is State.DONE


def test_silence(session: Session, peer: Peer) -> None:
    begin(session, peer("hello(); hear(); progress(str(os.getpid())); sleep()"))
    until(lambda: session.progress, session)
    pass_time(session, 0.0, SECONDS_OF_SILENCE)
    assert session.state is State.RUNNING
    pid = session.phase.text
    pass_time(session, SECONDS_OF_SILENCE, STEP)
    assert session.state is State.FAILED
    assert session.failure is not None
    assert "has not answered" in session.failure.message.text
    assert not lives(pid)


def test_heartbeats_are_no_silence(session: Session, peer: Peer) -> None:
    code = (
        "hello(); request = hear(); progress('Aligning'); hear(); say('heartbeat', time=1); progress('Depth'); sleep()"
    )
    begin(session, peer(code))
    until(lambda: session.phase.text == "Aligning", session)
    pass_time(session, 0.0, SECONDS_OF_SILENCE)
    assert session._child is not None
    session._child.send(b"{}\n")
    until(lambda: session.phase.text == "Depth", session, SECONDS_OF_SILENCE)
    pass_time(session, SECONDS_OF_SILENCE, SECONDS_OF_SILENCE)
    assert session.state is State.RUNNING


def test_no_hello(session: Session, peer: Peer) -> None:
    begin(session, peer("sleep()"))
    pass_time(session, 0.0, SECONDS_TO_START + STEP)
    assert session.failure is not None
    assert "has not said hello" in session.failure.message.text


def test_when_blender_itself_was_busy_the_engine_is_heard_first(session: Session, peer: Peer) -> None:
    begin(session, peer("hello(); hear(); progress('Aligning'); sleep()"))
    until(lambda: session.progress, session)
    session.poll(10 * SECONDS_OF_SILENCE)
    assert session.state is State.RUNNING


def test_an_engine_that_ignores_cancel_is_killed(session: Session, peer: Peer) -> None:
    begin(session, peer("hello(); hear(); progress(str(os.getpid())); sleep()"))
    until(lambda: session.progress, session)
    pid = session.phase.text
    session.cancel(0.0)
    assert session.state is State.CANCELLED
    session.poll(SECONDS_TO_CANCEL - 0.1)
    assert session.busy
    assert lives(pid)
    session.poll(SECONDS_TO_CANCEL)
    assert not session.busy
    assert session.state is State.CANCELLED
    assert not lives(pid)


def test_the_next_job_gets_another_worker_where_the_old_one_had_to_be_killed(session: Session, peer: Peer) -> None:
    launch = peer(
        """
        hello()
        request = hear()
        if request["params"]["output"] == "two":
            answer(request, result={"folder": "two"})
        else:
            progress("Aligning")
        sleep()
        """
    )
    begin(session, launch)
    until(lambda: session.progress, session)
    session.cancel(0.0)
    session.start(launch, {"output": "two"}, 0.0)
    session.poll(SECONDS_TO_CANCEL - 0.1)
    assert session.progress == 0.0
    until(lambda: not session.busy, session, SECONDS_TO_CANCEL)
    assert session.state is State.DONE
    assert session.folder == Path("two")


def test_cancel_before_the_engine_is_ready(session: Session, peer: Peer) -> None:
    begin(session, peer("hear(); hello(); hear()"))
    session.cancel(0.0)
    assert session.state is State.CANCELLED
    assert not session.busy


def test_cancel_without_a_job(session: Session) -> None:
    session.cancel(0.0)
    assert session.state is State.IDLE


def test_close_ends_the_worker(session: Session, peer: Peer) -> None:
    begin(session, peer("hello(); hear(); progress(str(os.getpid())); sys.stdin.read()"))
    until(lambda: session.progress, session)
    session.close()
    assert session.state is State.CANCELLED
    assert not lives(session.phase.text)
