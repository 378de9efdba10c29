# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that are written whole, on systems that we don't have as well."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from engine.contract import files
from engine.contract.files import open_file, remove_folder, replace, write_file


def test_a_file_that_another_program_has_open_is_replaced_when_that_closes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As Windows has it: error 5 or 32, and no renaming before."""
    (tmp_path / "a").write_text("new")
    (tmp_path / "b").write_text("old")
    waits, rename = iter([True, True, False]), os.replace

    def busy(source: Path, target: Path) -> None:
        if next(waits, False):
            raise PermissionError(13, "The process cannot access the file")
        rename(source, target)

    monkeypatch.setattr("os.replace", busy)
    monkeypatch.setattr(files, "PAUSE", 0.0)
    monkeypatch.setattr("os.name", "nt")
    replace(tmp_path / "a", tmp_path / "b")
    monkeypatch.undo()
    assert (tmp_path / "b").read_text() == "new"


@pytest.mark.parametrize("number", [5, 206], ids=["never closed", "over 260 letters"])
def test_a_file_that_can_not_be_replaced_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    (tmp_path / "b").write_text("old")

    def refuse(source: Path, target: Path) -> None:
        raise PermissionError(number, "no", str(source)) if number == 5 else FileNotFoundError(number, "no")

    monkeypatch.setattr("os.replace", refuse)
    monkeypatch.setattr(files, "PAUSE", 0.0)
    with pytest.raises(OSError, match="no"):
        write_file(tmp_path / "b", b"new")
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("b", "old")]


def test_links_are_replaced_and_removed_themselves(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "thesis").write_text("years of work")
    for name in ("file", ".file.part"):
        (tmp_path / name).symlink_to(tmp_path / "folder" / "thesis")
    (tmp_path / "link").symlink_to(tmp_path / "folder")
    write_file(tmp_path / "file", b"new")
    remove_folder(tmp_path / "link")
    assert (tmp_path / "file").read_bytes() == b"new"
    assert (tmp_path / "folder" / "thesis").read_text() == "years of work"
    assert not (tmp_path / "link").exists()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names")
def test_only_files_are_read(tmp_path: Path) -> None:
    """What isn't one may never end."""
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path, Path("/dev/zero")):
        with pytest.raises(OSError, match=r"it is no file|directory"):
            open_file(path)
