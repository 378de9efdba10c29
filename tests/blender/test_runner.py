# SPDX-License-Identifier: GPL-3.0-or-later
"""What becomes of a result while the artist does something else. The timer is stepped by hand: no window, no timers."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy
import pytest

from tests.blender.conftest import part

LIMIT = 60.0  # seconds of waiting after which a test fails

# Stands in for the engine where only the moment of its answer matters.
PEER = """
import json, sys
def say(**message):
    print(json.dumps({"jsonrpc": "2.0", **message}), flush=True)
say(method="hello", params={"protocol": 1})
request = json.loads(sys.stdin.readline())
say(method="progress", params={"phase": "Aligning", "step": 1, "total": 4, "fraction": 0.25, "eta": 90.0})
sys.stdin.readline()
say(id=request["id"], result={"folder": request["params"]["output"]})
sys.stdin.read()
"""


@pytest.fixture
def finish(scene: Any, result: Path, tmp_path: Path) -> Callable[[], None]:
    """A job is running; to be called for its end, `result` being what it has made."""
    package = tmp_path / "peer" / "engine"
    package.mkdir(parents=True)
    (package / "__main__.py").write_text(PEER)
    runner = part("runner").runner
    launch = part("engine_client.process").Launch(Path(sys.executable), package.parent, tmp_path / "log", offline=True)
    part("job.queue").queue.hand_over(launch, {"output": str(result)}, runner.file)
    step_until(lambda: runner.session.progress > 0)

    def end() -> None:
        runner.session._child.send(b"{}\n")
        step_until(lambda: not runner.busy)

    return end


def step_until(condition: Callable[[], bool]) -> None:
    give_up = time.monotonic() + LIMIT
    while not condition():
        assert part("runner").tick() is not None or condition()
        assert time.monotonic() < give_up
        time.sleep(0.01)


def state() -> Any:
    return bpy.context.window_manager.drape


def test_while_it_runs(finish: Callable[[], None], scene: Any) -> None:
    now = state()
    assert (now.state, now.phase, now.eta, now.error) == ("RUNNING", "Aligning", 90.0, "")
    assert now.progress == 0.25
    assert not bpy.ops.drape.reconstruct.poll()
    assert bpy.ops.drape.cancel.poll()


def test_the_result_is_imported_in_one_undo_step(finish: Callable[[], None]) -> None:
    bpy.ops.ed.undo_push(message="before")
    finish()
    assert state().state == "DONE"
    assert bpy.context.object["drape_job"] == state().folder
    assert part("result.imported").waiting(bpy.context) is None
    bpy.ops.ed.undo()
    assert not bpy.data.objects
    assert state().state == "DONE"


def test_the_timer_ends_with_the_job(finish: Callable[[], None]) -> None:
    assert part("runner").tick() is not None
    finish()
    assert part("runner").tick() is None


def test_nothing_is_imported_in_edit_mode(finish: Callable[[], None], scene: Any, result: Path) -> None:
    mine = bpy.data.objects.new("mine", bpy.data.meshes.new("mine"))
    scene.collection.objects.link(mine)
    bpy.context.view_layer.objects.active = mine
    bpy.ops.object.mode_set(mode="EDIT")
    finish()
    assert state().state == "DONE"
    assert list(bpy.data.objects) == [mine]
    assert part("result.imported").waiting(bpy.context) == result
    bpy.ops.object.mode_set(mode="OBJECT")
    part("runner").tick()
    assert list(bpy.data.objects) == [mine]
    bpy.ops.drape.import_result()
    assert bpy.context.object["drape_job"] == str(result)
    assert part("result.imported").waiting(bpy.context) is None


def test_nothing_is_imported_into_another_file(finish: Callable[[], None], result: Path) -> None:
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    assert state().state == "RUNNING"
    finish()
    assert state().state == "DONE"
    assert not bpy.data.objects
    assert part("result.imported").waiting(bpy.context) == result
    bpy.ops.drape.import_result()
    assert len(bpy.data.objects) == 1


def test_undo_does_not_touch_the_job(finish: Callable[[], None], scene: Any) -> None:
    bpy.ops.ed.undo_push(message="one")
    bpy.context.scene.frame_end = 7
    bpy.ops.ed.undo_push(message="two")
    bpy.ops.ed.undo()
    assert state().state == "RUNNING"
    finish()
    assert len(bpy.data.objects) == 1


def test_a_broken_result_is_a_failure(finish: Callable[[], None], result: Path) -> None:
    (result / "mesh.npz").write_bytes(b"no mesh")
    finish()
    assert state().state == "FAILED"
    assert "can't be read" in state().error
    assert state().hint
    assert not bpy.data.objects


def test_whatever_happens_it_does_not_run_for_ever(finish: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: float) -> None:
        raise ZeroDivisionError("oh no")

    runner = part("runner").runner
    monkeypatch.setattr(runner.session, "poll", broken)
    assert part("runner").tick() is None
    assert state().state == "FAILED"
    assert "ZeroDivisionError: oh no" in state().error


def test_cancel_shows_at_once(finish: Callable[[], None], result: Path) -> None:
    bpy.ops.drape.cancel()
    assert state().state == "CANCELLED"
    assert not bpy.ops.drape.cancel.poll()


def test_a_running_job_ends_with_the_extension(finish: Callable[[], None], installed: str) -> None:
    child = part("runner").runner.session._child
    bpy.ops.preferences.addon_disable(module=installed)
    assert child.returncode is not None
    bpy.ops.preferences.addon_enable(module=installed)
    assert state().state == "CANCELLED"


def test_a_report_tells_all(finish: Callable[[], None], result: Path) -> None:
    (result / "mesh.npz").unlink()
    finish()
    report = part("setup.copy_report").report()
    assert "mesh.npz is missing" in report
    assert bpy.app.version_string in report
