# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole result in the place of an older one, wherever a kill, a full disk or a power cut comes between.

It is written into the folder `.new` of the job folder. When all of it lies safely on the disk, the folder is renamed to
`.ready`: from this moment on it is the result, and what is left to do, moving its files to their places, is done by
whoever holds the folder next if not by us. Until this moment nothing of the older result is touched.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from types import TracebackType
from typing import Any

from engine.contract.files import remove_folder, replace, sync_file, sync_folder, write_file, write_json
from engine.contract.records import ResultRecord, found_record
from engine.contract.result_folder import NEW, READY, RESULT, TURNTABLE, VIEWS, is_of_result


class NewResult:
    """The files of a result for the job folder `folder`, which `commit` puts in the place of an older result's.

    `kept`: names within the folder of files that are the artist's: they belong to the result as they are.
    """

    def __init__(self, folder: Path, kept: Collection[str]) -> None:
        self._folder, self._kept = folder, kept
        self._new = folder / NEW
        self.files: list[str] = []

    def __enter__(self) -> NewResult:
        remove_folder(self._new)
        self._new.mkdir()
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        if kind is not None:
            remove_folder(self._new)

    def add(self, name: str, data: bytes) -> None:
        """`data` as the file `name`, a path within the job folder with slashes."""
        self.files.append(name)
        if name not in self._kept:
            file = self._new / name
            file.parent.mkdir(parents=True, exist_ok=True)
            write_file(file, data, durable=False)

    def commit(self, record: dict[str, Any]) -> None:
        """Makes this the result, told by `record` and `files`."""
        write_json(self._new / RESULT, {**record, "files": self.files})
        for path in sorted(self._new.rglob("*"), reverse=True):
            sync_folder(path) if path.is_dir() else sync_file(path)
        sync_folder(self._new)
        remove_folder(self._folder / READY)
        self._new.rename(self._folder / READY)
        sync_folder(self._folder)
        settle(self._folder, self._kept)


def settle(folder: Path, kept: Collection[str]) -> None:
    """Moves the files of a result that is ready in `folder` to their places, or goes on with that; `result.json` goes
    first and comes last. Files of the older result that the new one lacks go, but for those `kept`.
    """
    ready = folder / READY
    record = found_record(ready / RESULT, ResultRecord)
    if record is not None:
        (folder / RESULT).unlink(missing_ok=True)
        new = [path.relative_to(ready).as_posix() for path in sorted(ready.rglob("*")) if path.is_file()]
        new.remove(RESULT)
        for name in new:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            replace(ready / name, folder / name)
        for name in _result_files(folder):
            if name not in record.get("files", ()) and name not in kept:
                (folder / name).unlink()
        replace(ready / RESULT, folder / RESULT)
        sync_folder(folder)
    remove_folder(ready)
    for place in (folder / VIEWS, folder / TURNTABLE):
        for emptied in (*place.glob("*/"), place):
            if emptied.is_dir() and not any(emptied.iterdir()):
                emptied.rmdir()


def _result_files(folder: Path) -> list[str]:
    """The names within `folder` of all files there that results consist of."""
    found = [*folder.iterdir(), *(folder / VIEWS).glob("*/*"), *(folder / TURNTABLE).glob("*")]
    return [name for path in found if is_of_result(name := path.relative_to(folder).as_posix())]
