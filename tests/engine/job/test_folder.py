# SPDX-License-Identifier: GPL-3.0-or-later
"""What becomes of a job folder: started, refused, resumed, complete, and held by one process at a time."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from engine.checkpoint import Checkpoint
from engine.contract.files import write_json
from engine.contract.records import JobRecord
from engine.contract.result_folder import JOB, LOCK
from engine.errors import InputError
from engine.job.folder import hold
from engine.job.replacement import NewResult
from engine.job.request import Request, digest
from engine.methods.dreamtexture.descriptor import DreamTexture

Ask = Callable[..., JobRecord]


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    """Makes the record of a job in `tmp_path / "job"`."""
    picture = tmp_path / "cup.png"
    picture.write_bytes(b"pixels")

    def make(overrides: dict[str, Any] | None = None, **values: Any) -> JobRecord:
        values = {"picture": str(picture), "output": str(tmp_path / "job"), **values}
        return Request.check(values, overrides or {}).record()

    return make


def result_of(record: JobRecord) -> dict[str, Any]:
    """What is told of a result of the job of `record`."""
    told = {"format": 1, "method": "pop3d", "picture": {"file": "cup.png"}, "settings": {}}
    return {**told, "quality": {"verdict": "good"}, "job": digest(record)}


def run(record: JobRecord, *, stop: bool = False, resume: bool = False, overwrite: bool = False) -> bool:
    """Does the job, or stops it half way; returns whether it went on from a checkpoint."""
    with hold(record, resume=resume, overwrite=overwrite) as folder:
        if folder.complete:
            return False
        folder.start("embedded")
        resumed = folder.checkpoint.load() is not None
        folder.checkpoint.save({"depth": torch.ones(3)})
        if not stop:
            with NewResult(folder.path, folder.kept) as new:
                for name in ("depth.npy", "views/003/color.png"):
                    new.add(name, f"{name} of seed {record['job']['seed']}".encode())
                new.commit(result_of(record))
            folder.checkpoint.remove()
        return resumed


def test_a_request_is_checked_and_its_paths_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    request = Request.check({"picture": "cup.png", "output": "out", "seed": "7"}, {"steps": "3"})
    assert request.job.picture == str(tmp_path / "cup.png")
    assert request.job.mask == ""
    assert isinstance(request.settings, DreamTexture)
    assert (request.job.seed, request.settings.steps) == (7, 3)


@pytest.mark.parametrize(
    ("values", "overrides", "message"),
    [
        ({"colour": "red"}, {}, "A job has no 'colour'"),
        ({"method": "pop4d"}, {}, "'method' is one of dreamtexture, pop3d"),
        ({"method": "pop3d"}, {"steps": 3}, "There is no setting 'steps'"),
        ({"depth": "a.png"}, {}, "Front takes no file for the depth"),
        ({"preset": "best"}, {}, "'preset' is one of draft"),
        ({"seed": "-1"}, {}, "'seed' lies between"),
        ({"seed": None}, {}, "'seed' needs a whole number"),
        ({"picture": ""}, {}, "either a picture, or a prompt"),
        ({"prompt": "a cup"}, {}, "either a picture, or a prompt"),
        ({}, {"step": 3}, "There is no setting 'step'"),
        ({}, {"steps": "many"}, "'steps' needs a whole number, not 'many'"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(
    values: dict[str, Any], overrides: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        Request.check({"picture": "a.png", "output": "b", **values}, overrides)


def test_the_digest_ignores_where_and_on_what_it_runs(ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "copy.png").write_bytes(b"pixels")
    other = ask(picture=str(tmp_path / "copy.png"), output=str(tmp_path / "x"), device="cpu")
    assert digest(other) == digest(ask())
    assert digest(ask(seed=1)) != digest(ask())
    assert digest(ask({"steps": 3})) != digest(ask())


def test_an_unfinished_job_is_started_over(ask: Ask) -> None:
    run(ask(), stop=True)
    assert not run(ask(), stop=True)
    assert not run(ask({"steps": 5}))


def test_an_unfinished_job_goes_on_with_resume(ask: Ask) -> None:
    run(ask(), stop=True)
    assert run(ask(device="cpu"), resume=True)


def test_resume_without_anything_there_starts(ask: Ask) -> None:
    assert not run(ask(), resume=True)


@pytest.mark.parametrize("stop", [True, False])
def test_resume_with_other_settings_is_refused_and_says_which(ask: Ask, stop: bool) -> None:
    run(ask(), stop=stop)
    with pytest.raises(InputError, match="started with another seed, steps, so"):
        run(ask({"steps": 5}, seed=3), resume=True)


def test_resume_with_another_picture_is_refused(ask: Ask, tmp_path: Path) -> None:
    run(ask(), stop=True)
    (tmp_path / "cup.png").write_bytes(b"other pixels")
    with pytest.raises(InputError, match="started with another picture"):
        run(ask(), resume=True)


def test_a_job_of_an_older_version_is_started_over_or_refused(ask: Ask, tmp_path: Path) -> None:
    """Whatever its record lacks."""
    run(ask(), stop=True)
    file = tmp_path / "job" / JOB
    old = json.loads(file.read_text())
    kept = {name: old[name] for name in ("format", "job", "settings", "model")}
    file.write_text(json.dumps({**kept, "version": "0.0.1"}))
    with pytest.raises(InputError, match="another version"):
        run(ask(), resume=True)
    assert not run(ask())


def test_resume_with_another_model_is_refused(ask: Ask) -> None:
    run(ask(), stop=True)
    with (
        hold(ask(), resume=True, overwrite=False) as folder,
        pytest.raises(InputError, match="computed with 'embedded'"),
    ):
        folder.start("Stable Diffusion 1.5")
    assert run(ask(), resume=True)


def test_a_complete_job_is_left_alone(ask: Ask, tmp_path: Path) -> None:
    run(ask())
    before = {file.name: file.stat().st_mtime_ns for file in (tmp_path / "job").iterdir()}
    with pytest.raises(InputError, match="already holds a result"):
        run(ask(seed=1))
    with hold(ask(), resume=True, overwrite=False) as folder:
        assert folder.complete
    assert {file.name: file.stat().st_mtime_ns for file in (tmp_path / "job").iterdir()} == before


def test_an_old_result_stays_until_the_new_one_is_there(ask: Ask, tmp_path: Path) -> None:
    result = tmp_path / "job" / "result.json"
    run(ask())
    before = result.read_bytes()
    run(ask(seed=1), overwrite=True, stop=True)
    assert result.read_bytes() == before
    with pytest.raises(InputError, match="already holds a result"):
        run(ask(seed=1))
    assert run(ask(seed=1), resume=True)
    assert result.read_bytes() != before


def test_a_folder_with_other_files_is_refused_and_untouched(ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "job").mkdir()
    (tmp_path / "job" / "thesis.txt").write_text("years of work")
    with pytest.raises(InputError, match="holds other files"):
        run(ask(), overwrite=True)
    assert [file.name for file in (tmp_path / "job").iterdir()] == ["thesis.txt"]


def test_a_job_keeps_files_that_are_not_its_own(ask: Ask, tmp_path: Path) -> None:
    run(ask(), stop=True)
    (tmp_path / "job" / "notes.txt").write_text("looks good")
    run(ask())
    run(ask(), overwrite=True)
    assert (tmp_path / "job" / "notes.txt").read_text() == "looks good"


def test_the_picture_may_lie_in_the_job_folder(ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "job").mkdir()
    (tmp_path / "job" / "input.png").write_bytes(b"pixels")
    run(ask(picture=str(tmp_path / "job" / "input.png")))


def test_an_input_that_the_result_would_replace_is_refused(ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "job").mkdir()
    (tmp_path / "job" / "mask.png").write_bytes(b"painted for hours")
    with pytest.raises(InputError, match="would be replaced by the result"):
        run(ask(mask=str(tmp_path / "job" / "mask.png")))


def test_a_file_in_the_folder_s_place_is_refused(ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "job").write_text("a file")
    with pytest.raises(InputError, match="is a file, not a folder"):
        run(ask())


def test_a_second_process_is_refused(ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "job").mkdir()
    script = "import filelock, sys; lock = filelock.FileLock(sys.argv[1]); lock.acquire(); print(flush=True); input()"
    command = [sys.executable, "-c", script, str(tmp_path / "job" / LOCK)]
    holder = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(InputError, match="Another engine is working in"):
            run(ask())
        holder.kill()
    run(ask())


def test_what_the_engine_logs_lands_in_the_job_s_log(ask: Ask) -> None:
    with hold(ask(), resume=False, overwrite=False) as folder:
        logging.getLogger("engine.dreamtexture").info("120 steps")
    logging.getLogger("engine").info("later")
    assert folder.log.read_text().count("\n") == 1
    assert "engine.dreamtexture: 120 steps" in folder.log.read_text()


def test_a_checkpoint_keeps_tensors_and_generators_bit_for_bit(tmp_path: Path) -> None:
    generator = torch.Generator().manual_seed(3)
    tensors = {"u": torch.rand(5, 7, generator=generator).t(), "rng": generator.get_state()}
    checkpoint = Checkpoint(tmp_path)
    assert checkpoint.load() is None
    checkpoint.save(tensors)
    loaded = Checkpoint(tmp_path).load()
    assert loaded is not None
    assert all(torch.equal(loaded[name], tensors[name]) for name in tensors)
    checkpoint.remove()
    assert list(tmp_path.iterdir()) == []


def test_a_checkpoint_is_due_every_ten_seconds(tmp_path: Path) -> None:
    checkpoint = Checkpoint(tmp_path)
    assert [now for now in range(50, 80) if checkpoint.due(now)] == [60, 70]


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    write_json(tmp_path / "result.json", {"quality": 1})
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "result.json", {"quality": float("nan")})
    assert json.loads((tmp_path / "result.json").read_text()) == {"quality": 1}
    assert len(list(tmp_path.iterdir())) == 1
