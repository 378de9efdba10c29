# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine's last preview of the running job: read when there is a new one, at most twice a second, never by drawing.

It is no image of the file: nothing of it is saved, and undo knows nothing about it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import bpy
import numpy as np
from numpy.typing import NDArray

from .. import icons
from ..runner import runner

EVERY = 0.5  # seconds between two readings


@dataclass(frozen=True)
class Preview:
    """One preview.

    file: the picture file, which is replaced now and then; stamp: when this one was written, nanoseconds.
    icon: what a layout draws. pixels: (H, W, 4) float32 sRGB 0..1 with straight alpha, bottom row first.
    """

    file: Path
    stamp: int
    icon: int
    pixels: NDArray[np.float32]


last: Preview | None = None
when_shown: list[Callable[[], None]] = []  # called when `last` is another one
_read_at = 0.0


def update() -> None:
    """Reads the session's preview if it is a new one and the last reading is not too fresh."""
    global last, _read_at
    file, now = runner.session.preview, time.monotonic()
    if bpy.app.background or file is None or now - _read_at < EVERY:
        return
    stamp = file.stat().st_mtime_ns
    if last is not None and (last.file, last.stamp) == (file, stamp):
        return
    _read_at = now
    last = _read(file, stamp)
    for tell in when_shown:
        tell()


def forget() -> None:
    """There is no preview any more."""
    global last
    if last is not None:
        last = None
        for tell in when_shown:
            tell()


def _read(file: Path, stamp: int) -> Preview:
    icon = icons.loaded(file)
    width, height = icon.image_size
    pixels = np.empty(width * height * 4, np.float32)
    icon.image_pixels_float.foreach_get(pixels)
    return Preview(file, stamp, int(icon.icon_id), pixels.reshape(height, width, 4))


def unregister() -> None:
    """Frees it."""
    forget()
