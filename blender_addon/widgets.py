# SPDX-License-Identifier: GPL-3.0-or-later
"""Pieces of layout that panels share."""

from __future__ import annotations

import math
import textwrap
import time

import bpy
from bpy.app.translations import pgettext_iface as iface_

PIXELS_A_LETTER = 7.0


def draw_text(layout: bpy.types.UILayout, text: str, icon: str = "NONE") -> None:
    """`text` in as many lines as the region is too narrow for."""
    width = bpy.context.region.width / (PIXELS_A_LETTER * bpy.context.preferences.system.ui_scale)
    column = layout.column(align=True)
    column.scale_y = 0.8
    for number, line in enumerate(textwrap.wrap(text, max(20, int(width) - 6))):
        column.label(text=line, icon=icon if number == 0 else "BLANK1" if icon != "NONE" else "NONE", translate=False)


def draw_progress(layout: bpy.types.UILayout, text: str, factor: float) -> None:
    """A bar that is full at `factor` 1, as high as a main button, and below it the way to stop it: nowhere near what
    is to be clicked when it has stopped."""
    bar = layout.row()
    bar.scale_y = 1.6
    bar.progress(factor=factor, text=text)
    layout.operator("drape.cancel", icon="CANCEL")


def time_left(seconds: float | None) -> str:
    """Such as "1:05 left"; empty while it isn't known."""
    if seconds is None:
        return ""
    minutes, rest = divmod(math.ceil(seconds), 60)
    return iface_("{:d}:{:02d} left").format(minutes, rest)


def minutes(seconds: float) -> str:
    """Such as "1:05"."""
    return "{:d}:{:02d}".format(*divmod(round(seconds), 60))


def time_since(start: float) -> str:
    """As `minutes` since `start` of the monotonic clock: so something moves while the progress doesn't."""
    return minutes(time.monotonic() - start)
