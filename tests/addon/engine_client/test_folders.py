# SPDX-License-Identifier: GPL-3.0-or-later
"""Job folders and their names."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from drape.engine.contract.result_folder import is_complete
from drape.engine_client import folders

JOB = {
    "format": 1, "version": "0.1.0", "settings": {},
    "job": {"method": "dreamtexture", "picture": "p.png", "output": "there"},
}  # fmt: skip
RESULT = {
    "format": 1, "method": "dreamtexture", "picture": {"file": "p.png"}, "settings": {}, "files": ["mesh.npz"],
    "quality": {"verdict": "good"},
}  # fmt: skip
NOW = datetime(2026, 3, 4, 5, 6, 7)


def write_record(file: Path, record: dict[str, Any], **more: Any) -> None:
    file.write_text(json.dumps({**record, **more}))


def test_each_job_has_its_own_folder(tmp_path: Path) -> None:
    first, second = (folders.new_job(tmp_path / "jobs", "mug.png", NOW) for _ in range(2))
    assert first.name == "2026-03-04 05.06.07 mug"
    assert second.name == "2026-03-04 05.06.07 mug 2"
    assert first.is_dir()
    assert second.is_dir()


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("mug.PNG", "mug"),
        ("mug.png.001", "mug.png.001"),
        ("Tasse für Öl", "Tasse für Öl"),
        ("a/b\\c:d*?", "a_b_c_d__"),
        (" .. ", "picture"),
        ("x" * 63, "x" * 60),
    ],
)
def test_names_that_any_file_system_takes(name: str, file: str) -> None:
    assert folders.file_name(name) == file


def test_the_users_folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setattr(folders.sys, "platform", "linux")
    assert folders.jobs_folder() == tmp_path / "cache" / "drape"
    assert folders.environment_folder() == tmp_path / "data" / "drape" / "engine"
    monkeypatch.setattr(folders.sys, "platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path))
    assert folders.jobs_folder() == tmp_path / "Drape" / "Jobs"
    assert folders.python_in(folders.environment_folder()) == tmp_path / "Drape" / "Engine" / "Scripts" / "python.exe"
    monkeypatch.setattr(folders.sys, "platform", "darwin")
    assert folders.jobs_folder() == Path.home() / "Library" / "Caches" / "Drape"


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"job": 3, "settings": {}}'])
def test_what_can_not_go_on(tmp_path: Path, content: str) -> None:
    assert folders.request_to_resume(tmp_path) is None
    (tmp_path / "job.json").write_text(content)
    assert folders.request_to_resume(tmp_path) is None


def test_a_folder_that_was_moved_goes_on_where_it_is(tmp_path: Path) -> None:
    orbit = {"seeds": {"3": 1}, "pictures": {}, "stop_after": 0}
    job = {"method": "dreamtexture", "picture": "p.png", "output": "/elsewhere", "seed": 3}
    record = {"format": 1, "version": "0.1.0", "job": job, "settings": {"steps": 4}, "orbit": orbit}
    (tmp_path / "job.json").write_text(json.dumps(record))
    params = folders.request_to_resume(tmp_path)
    assert params == {
        "method": "dreamtexture", "picture": "p.png", "output": str(tmp_path), "seed": 3, "overrides": {"steps": 4},
        "orbit": orbit, "resume": True,
    }  # fmt: skip


def test_a_result_of_an_earlier_job_does_not_make_it_complete(tmp_path: Path) -> None:
    assert not is_complete(tmp_path)
    write_record(tmp_path / "job.json", JOB, digest="a")
    assert not is_complete(tmp_path)
    (tmp_path / "mesh.npz").write_bytes(b"")
    write_record(tmp_path / "result.json", RESULT, job="a")
    assert is_complete(tmp_path)
    write_record(tmp_path / "job.json", JOB, digest="b")
    assert not is_complete(tmp_path)


@pytest.mark.parametrize("files", [[], ["mesh.npz", "views/000/color.png"], ["../mesh.npz"], ["mesh.npz", 3]])
def test_a_result_is_believed_only_with_all_its_files(tmp_path: Path, files: list[Any]) -> None:
    (tmp_path / "job").mkdir()
    for folder in (tmp_path, tmp_path / "job"):
        (folder / "mesh.npz").write_bytes(b"")
    write_record(tmp_path / "job" / "result.json", RESULT, job="a")
    assert is_complete(tmp_path / "job")
    write_record(tmp_path / "job" / "result.json", RESULT, job="a", files=files)
    assert not is_complete(tmp_path / "job")


@pytest.mark.parametrize("name", ["..", ".", "link", "history", "../elsewhere"])
def test_no_folder_is_deleted_but_that_of_a_job(tmp_path: Path, name: str) -> None:
    """Whatever an entry of the history says that its folder is."""
    jobs, elsewhere = tmp_path / "jobs", tmp_path / "elsewhere"
    for folder in (jobs / "mug", jobs / "history", elsewhere):
        folder.mkdir(parents=True)
        (folder / "thesis.txt").write_text("years of work")
    write_record(elsewhere / "job.json", JOB)
    (jobs / "link").symlink_to(elsewhere)
    folders.delete_job(jobs, jobs / name)
    assert len(list(tmp_path.rglob("thesis.txt"))) == 3
    folders.delete_job(jobs, jobs / "mug")  # holds no job
    assert (jobs / "mug").is_dir()
    write_record(jobs / "mug" / "job.json", JOB)
    folders.delete_job(jobs, jobs / "mug")
    assert not (jobs / "mug").exists()
