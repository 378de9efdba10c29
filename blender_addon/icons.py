# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures that the engine writes as icons that panels can show."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy.utils.previews

MOST = 64
_icons: Any = None
_versions: dict[str, int] = {}


def icon_of(picture: Path) -> int:
    """The icon of a picture file that is replaced now and then; 0 where there is none (yet)."""
    try:
        return int(loaded(picture).icon_id)
    except OSError:
        return 0


def loaded(picture: Path) -> bpy.types.ImagePreview:
    """The picture file as it is now. Raises OSError where there is none (yet)."""
    version = picture.stat().st_mtime_ns
    name = str(picture)
    if _versions.get(name) != version:
        if len(_icons) >= MOST:
            _forget()
        if name in _icons:
            del _icons[name]
        _icons.load(name, name, "IMAGE")
        _versions[name] = version
    return _icons[name]


def _forget() -> None:
    _icons.clear()
    _versions.clear()


def register() -> None:
    """Makes room for icons."""
    global _icons
    _icons = bpy.utils.previews.new()


def unregister() -> None:
    """Frees the icons."""
    _forget()
    bpy.utils.previews.remove(_icons)
