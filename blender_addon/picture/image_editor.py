# SPDX-License-Identifier: GPL-3.0-or-later
"""Picture files as arrays, and images shown in Blender's Image Editor."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
from numpy.typing import NDArray


def read_pixels(file: Path) -> NDArray[np.float32]:
    """The pixels of a picture file, (H, W, 4) float32 as stored, bottom row first as in Blender."""
    image = bpy.data.images.load(str(file), check_existing=False)
    try:
        width, height = image.size
        pixels = np.empty(width * height * 4, np.float32)
        image.pixels.foreach_get(pixels)
        return pixels.reshape(height, width, 4)
    finally:
        bpy.data.images.remove(image)


def show(context: bpy.types.Context, image: bpy.types.Image, *, paint: bool = False) -> None:
    """Opens `image` in an Image Editor: the one at hand, else a new one beside the 3D viewport."""
    area = _image_editor(context)
    if area is None:
        return
    space = area.spaces.active
    space.image = image
    space.mode = "PAINT" if paint else "VIEW"
    region = next(region for region in area.regions if region.type == "WINDOW")
    with context.temp_override(area=area, region=region):
        bpy.ops.image.view_all(fit_view=True)


def _image_editor(context: bpy.types.Context) -> bpy.types.Area | None:
    """An area with an Image Editor, split off the 3D viewport where there is none; None without a window."""
    if bpy.app.background:
        return None
    window = context.window or context.window_manager.windows[0]
    areas = {area.ui_type: area for area in reversed(window.screen.areas)}
    if "IMAGE_EDITOR" in areas:
        return areas["IMAGE_EDITOR"]
    before = set(window.screen.areas)
    viewport = areas.get("VIEW_3D") or max(before, key=lambda area: area.width * area.height)
    with context.temp_override(window=window, area=viewport):
        bpy.ops.screen.area_split(direction="VERTICAL", factor=0.5)
    new_area = next(area for area in window.screen.areas if area not in before)
    new_area.ui_type = "IMAGE_EDITOR"
    return new_area
