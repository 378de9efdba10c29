# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of ours and the artist's: written whole or not at all and never through a link, read where they are files."""

from __future__ import annotations

import errno
import hashlib
import io
import json
import os
import shutil
import stat
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

TRIES, PAUSE = 20, 0.1
"""How often, and seconds between, a file is to be replaced that another program has open, as Windows forbids."""
MOUNT_POINT = 0xA0000003
"""How Windows marks a junction, which is a link to a folder."""


def part_of(path: Path) -> Path:
    """The name that `path` is written under until it is whole."""
    return path.with_name(f".{path.stem}.part{path.suffix}")


def write_file(path: Path, data: bytes, *, durable: bool = True) -> None:
    """Writes `data` to `path`, all of it or nothing; a link at `path` is replaced, not followed.

    `durable`: whether it also outlives a power cut from now on.
    """
    part = part_of(path)
    part.unlink(missing_ok=True)
    try:
        with part.open("xb") as file:  # exclusive: never through a link
            file.write(data)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        replace(part, path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    if durable:
        sync_folder(path.parent)


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Writes `value` to `path`, all of it or nothing."""
    write_file(path, (json.dumps(value, indent=2, allow_nan=False) + "\n").encode())


def replace(source: Path, target: Path) -> None:
    """Renames the file `source` to `target`, in place of what is there; waits a little for who has that open."""
    for tries_left in reversed(range(TRIES)):
        try:
            os.replace(source, target)
        except PermissionError:
            if os.name != "nt" or not tries_left:
                raise
            time.sleep(PAUSE)
        else:
            return


@contextmanager
def replacing_folder(path: Path) -> Iterator[Path]:
    """Gives an empty folder to write into; afterwards that replaces the folder `path`, made with its parents."""
    unfinished = path.with_name(f".{path.name}.part")
    remove_folder(unfinished)
    unfinished.mkdir(parents=True)
    yield unfinished
    remove_folder(path)
    unfinished.rename(path)


def remove_folder(path: Path) -> None:
    """Deletes the folder `path` with all that is in it, where it is there; of a link, nothing but that."""
    if is_link(path):
        path.unlink()
    elif path.exists():
        shutil.rmtree(path)


def is_link(path: Path) -> bool:
    """Whether `path` is a symbolic link or a junction."""
    try:
        status = path.lstat()
    except OSError:
        return False
    return stat.S_ISLNK(status.st_mode) or getattr(status, "st_reparse_tag", 0) == MOUNT_POINT


def sync_folder(path: Path) -> None:
    """Lets the names in the folder `path` outlive a power cut; on Windows they do by themselves."""
    if os.name != "nt":
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def sync_file(path: Path) -> None:
    """Lets the content of the file `path` outlive a power cut."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def open_file(path: Path) -> io.BufferedReader:
    """The file `path`, to read. Raises OSError, also where it is a device, a pipe or a folder: these may never end."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0))
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        os.close(descriptor)
        number = errno.EISDIR if stat.S_ISDIR(mode) else errno.EINVAL
        raise OSError(number, os.strerror(errno.EISDIR) if stat.S_ISDIR(mode) else "it is no file", str(path))
    return os.fdopen(descriptor, "rb")


def read_file(path: Path, most: int) -> bytes:
    """The content of the file `path`. Raises OSError, also where it is longer than `most` bytes."""
    with open_file(path) as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise OSError(errno.EFBIG, "it is too large", str(path))
    return data


def sha256(path: Path) -> str:
    """Of the file's content. Raises OSError when it can't be read."""
    with open_file(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
