# SPDX-License-Identifier: GPL-3.0-or-later
"""Painting the mask in Blender's window: a stroke takes something away, half of it is put back."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import bpy
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.window.acting import SOON, invoke, move_mouse, perform, region, seen, window

SIDE = 256  # pixels of the mask
HALF_STROKE = 40  # pixels of the window


def work() -> Iterator[float]:
    """Her steps; yields the seconds to the next one, in which Blender draws and listens."""
    chosen = bpy.context.scene.drape
    chosen.picture = bpy.data.images.load(os.environ["SAMPLE"])
    chosen.mask = bpy.data.images.new("Mask", SIDE, SIDE)
    chosen.mask.pixels = [1.0] * (4 * SIDE**2)
    invoke(bpy.ops.drape.paint_mask, brush="SUBTRACT")
    yield 5 * SOON
    seen["has a brush"] = bpy.context.tool_settings.image_paint.brush is not None
    yield from stroke(-HALF_STROKE, HALF_STROKE)
    seen["taken away"] = black_pixels(chosen.mask)
    invoke(bpy.ops.drape.paint_mask, brush="ADD")
    yield SOON
    yield from stroke(-HALF_STROKE, 0)
    seen["still away"] = black_pixels(chosen.mask)


def stroke(start: int, end: int) -> Iterator[float]:
    """Draws with the mouse from `start` to `end`, pixels of the window right of the middle of the Image Editor."""
    canvas = region("IMAGE_EDITOR")
    x, y = canvas.x + canvas.width // 2, canvas.y + canvas.height // 2
    move_mouse(x + start, y)
    yield SOON
    window().event_simulate(type="LEFTMOUSE", value="PRESS", x=x + start, y=y)
    yield SOON
    for offset in range(start, end + 1, 10):
        move_mouse(x + offset, y)
        yield SOON / 4
    window().event_simulate(type="LEFTMOUSE", value="RELEASE", x=x + end, y=y)
    yield 2 * SOON


def black_pixels(image: bpy.types.Image) -> int:
    """How many there are."""
    grey = np.empty(len(image.pixels), np.float32)
    image.pixels.foreach_get(grey)
    return int((grey[::4] < 0.5).sum())


perform(work())
