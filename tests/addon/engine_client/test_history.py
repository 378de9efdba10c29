# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs that outlive Blender."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from drape.engine.contract.messages import Message
from drape.engine_client import history
from drape.engine_client.history import Entry, History, Status

from tests.addon.engine_client.test_folders import JOB, RESULT, write_record


def entry(jobs: Path, name: str, **values: Any) -> Entry:
    params = {"picture": str(jobs / name / f"{name}.picture.png"), "output": str(jobs / name), "seed": 3}
    return replace(history.waiting(name, params), **values)


@pytest.fixture
def jobs(tmp_path: Path) -> Path:
    """With the folder of the job `mug`, where its picture lies."""
    (tmp_path / "jobs" / "mug").mkdir(parents=True)
    (tmp_path / "jobs" / "mug" / "mug.picture.png").write_bytes(b"picture")
    return tmp_path / "jobs"


def test_what_is_written_is_read_by_another_blender(jobs: Path) -> None:
    mine, other = History(jobs), History(jobs)
    assert other.entries == []
    mug = entry(jobs, "mug")
    mine.write(mug)
    assert other.entries == mine.entries == [mug]
    done = replace(mug, status=Status.DONE, saved=True)
    other.write(done)
    assert mine.entries == [done]
    assert mine.of(mug.folder) == done
    assert mine.of(jobs / "jar") is None


def test_in_order(jobs: Path) -> None:
    known = History(jobs)
    for name, order in (("b", 2.0), ("c", 3.0), ("a", 1.0)):
        known.write(entry(jobs, name, order=order))
    assert [one.name for one in known.entries] == ["a", "b", "c"]
    assert history.waiting("d", {}).order > 3


def test_files_of_another_version_are_left_alone(jobs: Path) -> None:
    known = History(jobs)
    known.write(entry(jobs, "mug"))
    file = jobs / "history" / "mug.json"
    file.with_name("newer.json").write_text(json.dumps({**json.loads(file.read_text()), "colour": "red"}))
    file.with_name("broken.json").write_text("{")
    assert [one.name for one in History(jobs).entries] == ["mug"]
    assert len(list(file.parent.iterdir())) == 3


def test_remove_deletes_the_job_folder_only_where_jobs_are(jobs: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    write_record(elsewhere / "job.json", JOB)
    known = History(jobs)
    mug, other = entry(jobs, "mug"), entry(jobs, "other")
    other.params["output"] = str(elsewhere)
    for one in (mug, other):
        known.write(one)
        known.remove(one)
    assert known.entries == []
    assert not (jobs / "mug").exists()
    assert elsewhere.is_dir()


def test_a_retry_goes_on_where_there_is_something_to_go_on_from(jobs: Path) -> None:
    failed = entry(jobs, "mug", status=Status.FAILED, message=Message("memory-full"), order=1.0)
    assert failed.can_retry
    again = history.retried(failed)
    assert (again.status, again.message.text, again.params["resume"]) == (Status.WAITING, "", False)
    assert again.order > failed.order
    (jobs / "mug" / "job.json").write_text("{}")
    assert history.retried(failed).params["resume"]
    write_record(jobs / "mug" / "job.json", JOB, digest="a")
    write_record(jobs / "mug" / "result.json", RESULT, job="a", files=["mug.picture.png"])
    assert not failed.can_retry


def test_why_a_job_failed_is_kept_as_a_message_and_as_the_text_of_older_versions(jobs: Path) -> None:
    known = History(jobs)
    known.write(entry(jobs, "mug", message=Message("view-unknown", {"view": 9, "last": 7})))
    (kept,) = History(jobs).entries
    assert (kept.message.code, kept.message.params) == ("view-unknown", {"view": 9, "last": 7})
    (file,) = (jobs / history.HISTORY).glob("*.json")
    record = json.loads(file.read_text())
    assert record["message"]["text"] == kept.message.text == "There is no view 9: this orbit has the views 1 to 7."
    file.write_text(json.dumps({**record, "message": "The memory was full."}))
    (kept,) = History(jobs).entries
    assert kept.message.text == "The memory was full."


def test_what_a_job_took(jobs: Path) -> None:
    record = {
        **RESULT,
        "files": ["mug.picture.png"],
        "settings": {"steps": 4},
        "seconds": {"Aligning texture": 2.5},
        "peak_memory": {"host": 10, "device": 30},
        "device": "cuda",
    }
    (jobs / "mug" / "result.json").write_text(json.dumps(record))
    done = history.finished(entry(jobs, "mug"))
    assert (done.status, done.settings, done.seconds) == (Status.DONE, {"steps": 4}, {"Aligning texture": 2.5})
    assert (done.memory, done.device) == (30, "cuda")
    assert done.has_result


def test_sizes(jobs: Path) -> None:
    assert history.size_of(jobs / "mug") == len(b"picture")
    assert history.size_of(jobs / "nothing") == 0
