# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of a package, in a folder or in a zip, by their names."""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

IMAGES = (".png", ".jpg", ".jpeg", ".tga", ".dds", ".bmp", ".rgb", ".webp")


class Tree:
    """Files with names like `folder/file.png`; models often spell those of others carelessly, see `find`."""

    def __init__(self, names: Iterable[str], read: Callable[[str], bytes]) -> None:
        self.names = sorted(names)
        self.read = read
        self._by_lower = {name.lower(): name for name in self.names}
        self._by_stem = {_stem(name): name for name in self.names if name.lower().endswith(IMAGES)}

    @classmethod
    def of_folder(cls, folder: Path) -> Tree:
        """All files below `folder`."""
        names = (str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
        return cls(names, lambda name: (folder / name).read_bytes())

    @classmethod
    def of_zip(cls, file: Path) -> Tree:
        """All files in `file`, which stays open."""
        archive = zipfile.ZipFile(file)
        return cls((name for name in archive.namelist() if not name.endswith("/")), archive.read)

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._by_lower

    def find(self, name: str, *folders: str) -> str | None:
        """The name of the file that is called `name` in one of `folders`, in any case, or of an image that differs
        from it in its ending only.
        """
        name = name.strip().replace("\\", "/")
        for folder in folders:
            for written in (name, posixpath.basename(name)):
                path = posixpath.normpath(posixpath.join(folder, written))
                found = self._by_lower.get(path.lower()) or self._by_stem.get(_stem(path))
                if found:
                    return found
        return None


def _stem(name: str) -> str:
    return posixpath.splitext(name)[0].lower()
