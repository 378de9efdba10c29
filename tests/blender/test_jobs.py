# SPDX-License-Identifier: GPL-3.0-or-later
"""Queue and history, with a stand-in for the engine that makes a job's result at once; with seed 13 it fails."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import bpy
import pytest

from tests.blender.conftest import forget_the_session, part
from tests.blender.results import write_result

PEER = """
import json, shutil, sys
def say(**message):
    print(json.dumps({{"jsonrpc": "2.0", **message}}), flush=True)
say(method="hello", params={{"protocol": 1}})
for line in sys.stdin:
    request = json.loads(line)
    params = request["params"]
    if params["seed"] == 13:
        say(id=request["id"], error={{"code": -32000, "message": "The memory was full."}})
    else:
        shutil.copytree({result!r}, params["output"], dirs_exist_ok=True)
        say(id=request["id"], result={{"folder": params["output"]}})
"""


@pytest.fixture
def chosen(scene: Any, picture: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """What the scene asks for, with the stand-in as the engine."""
    package = tmp_path / "peer" / "engine"
    package.mkdir(parents=True)
    (package / "__main__.py").write_text(PEER.format(result=str(write_result(tmp_path / "made"))))
    launch = part("engine_client.process").Launch(Path(sys.executable), package.parent, tmp_path / "log", offline=True)
    monkeypatch.setattr(part("job.queue"), "launch", lambda _: launch)
    monkeypatch.setenv("DRAPE_ENGINE_PYTHON", sys.executable)
    return scene.drape


def queue() -> Any:
    return part("job.queue").queue


def entries() -> list[tuple[str, str]]:
    return [(entry.name, str(entry.status)) for entry in queue().history.entries]


def paused(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is added waits."""
    monkeypatch.setattr(queue(), "advance", lambda: None)


def test_a_job_is_kept_with_what_it_took(chosen: Any) -> None:
    bpy.ops.drape.reconstruct()
    assert entries() == [("disc", "DONE")]
    (entry,) = queue().history.entries
    assert entry.seconds == {"Aligning texture": 8.0, "Making mesh": 2.0}
    assert (entry.memory, entry.saved) == (700_000_000, False)
    assert bpy.context.object["drape_job"] == str(entry.folder)


def test_a_failure_is_kept_and_can_be_retried(chosen: Any) -> None:
    chosen.seed = 13
    with pytest.raises(RuntimeError, match="memory was full"):
        bpy.ops.drape.reconstruct()
    (entry,) = queue().history.entries
    assert (entry.status, entry.message.text, entry.can_retry) == ("FAILED", "The memory was full.", True)
    queue().history.write(replace(entry, params={**entry.params, "seed": 14}))
    assert bpy.ops.drape.retry_job(folder=str(entry.folder)) == {"FINISHED"}
    assert entries() == [("disc", "DONE")]
    with pytest.raises(RuntimeError, match="can't be done again"):
        bpy.ops.drape.retry_job(folder=str(entry.folder))


def test_an_unfinished_job_goes_on_also_when_it_is_not_in_the_history(chosen: Any) -> None:
    for known in (True, False):
        bpy.ops.drape.reconstruct()
        entry = queue().history.entries[-1]
        (entry.folder / "result.json").unlink()
        params = {name: value for name, value in entry.params.items() if name not in ("overrides", "resume")}
        orbit: dict[str, Any] = {"seeds": {}, "pictures": {}, "stop_after": 0}
        record = {"format": 1, "version": "0", "job": params, "settings": {}, "orbit": orbit}
        (entry.folder / "job.json").write_text(json.dumps(record))
        if not known:
            (queue().history.jobs / "history" / f"{entry.folder.name}.json").unlink()
        bpy.data.objects.remove(bpy.context.object)
        assert bpy.ops.drape.resume() == {"FINISHED"}
        now = queue().history.of(entry.folder)
        assert (now.status, now.params["resume"]) == ("DONE", True)
        assert bpy.context.object["drape_job"] == str(entry.folder)


def test_many_pictures_one_of_them_none(chosen: Any, tmp_path: Path) -> None:
    names = ["a.png", "no picture.png", "b.png"]
    for name in ("a.png", "b.png"):
        (tmp_path / name).write_bytes((tmp_path / "made" / "texture.png").read_bytes())
    (tmp_path / "no picture.png").write_text("no picture")
    images = len(bpy.data.images)
    made = bpy.ops.drape.queue_pictures(directory=str(tmp_path), files=[{"name": name} for name in names])
    assert made == {"FINISHED"}
    assert entries() == [("a", "DONE"), ("b", "DONE")]
    assert len(bpy.data.objects) == 2
    assert len(bpy.data.images) == images + 3  # the textures, and the checkerboard


def test_one_failure_does_not_stop_the_rest(chosen: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        paused(patch)
        for chosen.seed in (1, 13, 2):
            bpy.ops.drape.enqueue()
    assert [status for _, status in entries()] == ["WAITING"] * 3
    bpy.ops.drape.run_queue()
    assert [status for _, status in entries()] == ["DONE", "FAILED", "DONE"]
    assert len(bpy.data.objects) == 2
    assert not bpy.ops.drape.run_queue.poll()


def test_she_works_on_something_else_meanwhile(chosen: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then she keeps her selection; else the result is what is selected."""
    mine, module = bpy.data.objects.new("mine", None), part("job.steps")
    chosen.id_data.collection.objects.link(mine)
    bpy.ops.drape.reconstruct()
    assert bpy.context.object.name == "sheet"

    def take_up() -> None:
        bpy.context.view_layer.objects.active = mine
        mine.select_set(True)

    ends = part("runner").when_job_ends
    monkeypatch.setattr(part("runner"), "when_job_ends", [take_up, *ends])
    bpy.ops.drape.reconstruct()
    assert module.runner.session.state == "DONE"
    assert bpy.context.object == mine
    assert mine in bpy.context.selected_objects
    assert len(bpy.data.objects) == 3


def test_a_row_tells_what_was_made_and_how_it_went(chosen: Any) -> None:
    bpy.ops.drape.reconstruct()
    (entry,) = queue().history.entries
    assert part("job.jobs_panel").described(entry) == "Front, Standard, 0:10, Good"
    chosen.seed = 13
    with pytest.raises(RuntimeError, match="memory was full"):
        bpy.ops.drape.reconstruct()
    assert part("job.jobs_panel").described(queue().history.entries[-1]) == "The memory was full."


def test_nothing_is_told_done_after_a_cancel(chosen: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    line = part("job.status_line")
    line.show("Drape: 'an earlier one' is done", "CHECKMARK")
    with monkeypatch.context() as patch:
        paused(patch)
        bpy.ops.drape.enqueue()
    queue().advance()
    bpy.ops.drape.cancel()
    part("runner").tick()
    assert line.shown == ("", "NONE")


def test_cancel_stops_the_queue(chosen: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        paused(patch)
        bpy.ops.drape.enqueue()
        bpy.ops.drape.enqueue()
    queue().advance()
    bpy.ops.drape.cancel()
    part("runner").tick()
    assert [status for _, status in entries()] == ["WAITING", "CANCELLED"]  # the latter has begun later
    assert bpy.ops.drape.run_queue.poll()


def test_the_order_can_be_changed(chosen: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    paused(monkeypatch)
    for _ in range(3):
        bpy.ops.drape.enqueue()
    first, second, third = (entry.folder for entry in queue().waiting)
    bpy.ops.drape.move_job(folder=str(third), direction="UP")
    bpy.ops.drape.move_job(folder=str(first), direction="DOWN")
    assert [entry.folder for entry in queue().waiting] == [third, first, second]
    assert bpy.ops.drape.move_job(folder=str(second), direction="DOWN") == {"CANCELLED"}


def test_what_waits_outlives_blender(chosen: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        paused(patch)
        bpy.ops.drape.enqueue()
    forget_the_session()
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    assert entries() == [("disc", "WAITING")]
    bpy.ops.drape.run_queue()
    assert entries() == [("disc", "DONE")]
    assert len(bpy.data.objects) == 1


def test_settings_are_used_again(chosen: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    paused(monkeypatch)
    chosen.preset, chosen.object_name, chosen.seed = "high", "disc", 5
    chosen.dreamtexture.steps, chosen.dreamtexture.learning_rate = 7, 0.03
    chosen.mask = chosen.picture
    request = chosen.request()
    bpy.ops.drape.enqueue()
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    (entry,) = queue().waiting
    bpy.ops.drape.reuse_settings(folder=str(entry.folder))
    now = bpy.context.scene.drape
    assert now.request() == request
    assert now.picture.filepath == entry.params["picture"]
    assert now.mask.filepath == entry.params["mask"]
    assert tuple(now.picture.size) == (96, 96)


def test_results_in_no_saved_file_are_recovered(chosen: Any, tmp_path: Path) -> None:
    """As after a crash: one result was saved, one was not."""
    bpy.ops.drape.reconstruct()
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "file.blend"))
    bpy.ops.drape.reconstruct()
    assert not bpy.ops.drape.recover_results.poll()
    saved, lost = (entry.folder for entry in queue().history.entries)
    forget_the_session()
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "file.blend"))
    assert [entry.folder for entry in queue().recoverable] == [lost]
    assert bpy.ops.drape.recover_results() == {"FINISHED"}
    assert {thing["drape_job"] for thing in bpy.data.objects} == {str(saved), str(lost)}
    bpy.ops.wm.save_mainfile()
    assert all(entry.saved for entry in queue().history.entries)


def test_one_that_she_has_deleted_is_not_recovered(chosen: Any, tmp_path: Path) -> None:
    bpy.ops.drape.reconstruct()
    bpy.data.objects.remove(bpy.context.object)
    assert queue().recoverable == []
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "file.blend"))
    forget_the_session()
    assert queue().recoverable == []


def test_memory_is_freed(chosen: Any) -> None:
    assert not bpy.ops.drape.free_memory.poll()
    bpy.ops.drape.reconstruct()
    child = part("runner").runner.session._child
    assert bpy.ops.drape.free_memory() == {"FINISHED"}
    assert child.returncode is not None
    assert bpy.context.window_manager.drape.state == "DONE"
    bpy.ops.drape.reconstruct()
    assert entries() == [("disc", "DONE")] * 2


def test_clean_up(chosen: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    bpy.ops.drape.reconstruct()
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "file.blend"))
    bpy.ops.drape.reconstruct()
    chosen.seed = 13
    with pytest.raises(RuntimeError, match="memory was full"):
        bpy.ops.drape.reconstruct()
    paused(monkeypatch)
    bpy.ops.drape.enqueue()
    (queue().history.jobs / "mine").mkdir()
    kinds = [kind for _, _, kind in part("job.clean_up_jobs").deletable()]
    assert sorted(kinds) == ["SAVED", "UNFINISHED", "UNSAVED"]
    assert bpy.ops.drape.clean_up_jobs() == {"FINISHED"}
    assert [status for _, status in entries()] == ["DONE", "WAITING"]
    assert {folder.name for folder in queue().history.jobs.iterdir()} == {
        "mine", "history", *(entry.folder.name for entry in queue().history.entries)
    }  # fmt: skip
    bpy.ops.drape.clean_up_jobs(kinds={"UNSAVED"})
    assert [status for _, status in entries()] == ["WAITING"]


def test_one_job_is_removed(chosen: Any) -> None:
    bpy.ops.drape.reconstruct()
    (entry,) = queue().history.entries
    assert bpy.ops.drape.remove_job(folder=str(entry.folder)) == {"FINISHED"}
    assert not entry.folder.exists()
    assert len(bpy.data.objects) == 1
    with pytest.raises(RuntimeError, match="not in the history"):
        bpy.ops.drape.remove_job(folder=str(entry.folder))


def test_the_list_shows_what_comes_next_on_top(chosen: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for chosen.seed in (1, 2):
        bpy.ops.drape.reconstruct()
    paused(monkeypatch)
    for chosen.seed in (3, 4):
        bpy.ops.drape.enqueue()
    shown = part("job.jobs_panel").in_sequence(queue().history.entries)
    assert [entry.params["seed"] for entry in shown] == [3, 4, 2, 1]


def test_an_estimate_by_the_jobs_that_were_done(chosen: Any) -> None:
    """The stand-in says 10 seconds and 700 MB, with the settings of `standard`."""
    assert part("job.panel").expected(chosen) is None
    bpy.ops.drape.reconstruct()
    assert part("job.panel").expected(chosen) == (10.0, 700_000_000)
    chosen.dreamtexture.steps *= 3
    assert part("job.panel").expected(chosen) == (26.0, 700_000_000)


def test_the_status_bar_tells_how_it_ended(chosen: Any) -> None:
    status = part("job.status_line")
    bpy.ops.drape.reconstruct()
    assert status.line() == ("Drape: 'disc' is done", "CHECKMARK")
    chosen.seed = 13
    with pytest.raises(RuntimeError, match="memory was full"):
        bpy.ops.drape.reconstruct()
    assert status.line() == ("Drape: 'disc' failed. The memory was full.", "ERROR")


def test_the_status_bar_is_left_as_it_was(scene: Any) -> None:
    drawn, status = bpy.types.STATUSBAR_HT_header._dyn_ui_initialize(), part("job.status_line")
    before = len(drawn)
    for text in ("one", "two"):
        status.show(text, "NONE")
    assert (len(drawn), status.shown[0]) == (before + 1, "two")
    status.hide()
    status.hide()
    assert len(drawn) == before
    assert not bpy.app.timers.is_registered(status.hide)
