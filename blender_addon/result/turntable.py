# SPDX-License-Identifier: GPL-3.0-or-later
"""A result that turns in the panel, a little to and fro, or all the way where it has a back: the engine's pictures of
it, one after the other.

The timer is started by the panel's drawing, and ends by itself when nothing was drawn since its last step: so there is
none unless the artist has switched it on and sees it.
"""

from __future__ import annotations

from pathlib import Path

import bpy

from .. import icons, redraw
from ..engine.contract.result_folder import TURNTABLE

INTERVAL = 0.1  # seconds

_step = 0
_drawn = False


def icon_of(job: Path, *, closed: bool) -> int:
    """The icon of the picture whose turn it is of the result in the folder `job`, for the panel to draw; 0 where the
    folder has none (any more). closed: whether the pictures go all round."""
    global _drawn
    pictures = sorted((job / TURNTABLE).glob("*.png"))
    if not pictures:
        return 0
    _drawn = True
    if not bpy.app.timers.is_registered(_turn):
        bpy.app.timers.register(_turn, first_interval=INTERVAL)
    turn = pictures if closed else [*pictures, *pictures[-2:0:-1]]
    icon = icons.loaded(turn[_step % len(turn)])
    _ = icon.image_size[0]  # reads the file now: by itself Blender does so some time after drawing
    return int(icon.icon_id)


def _turn() -> float | None:
    """The next picture; ends where the last one wasn't seen."""
    global _step, _drawn
    if not _drawn:
        return None
    _step, _drawn = _step + 1, False
    redraw.panels()
    return INTERVAL


def register() -> None:
    """Adds the switch, which is off at first."""
    bpy.types.WindowManager.drape_turntable = bpy.props.BoolProperty(
        name="Look Around", description="Turn the result in this panel, as the engine has seen it"
    )


def unregister() -> None:
    """Ends it."""
    del bpy.types.WindowManager.drape_turntable
    if bpy.app.timers.is_registered(_turn):
        bpy.app.timers.unregister(_turn)
