# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine's last preview of the running job as an icon that panels can show."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy.utils.previews

_icons: Any = None


def icon_of(picture: Path) -> int:
    """The icon of a picture file that is replaced now and then; 0 where there is none (yet)."""
    try:
        version = picture.stat().st_mtime_ns
    except OSError:
        return 0
    name = f"{picture} {version}"
    if name not in _icons:
        _icons.clear()
        _icons.load(name, str(picture), "IMAGE")
    return int(_icons[name].icon_id)


def register() -> None:
    """Makes room for icons."""
    global _icons
    _icons = bpy.utils.previews.new()


def unregister() -> None:
    """Frees the icons."""
    bpy.utils.previews.remove(_icons)
