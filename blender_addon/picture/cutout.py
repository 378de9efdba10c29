# SPDX-License-Identifier: GPL-3.0-or-later
"""What the engine takes for the object: asked for as a mask, shown over the picture in the Image Editor."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import bpy
import numpy as np
from bpy.app.translations import pgettext_n as n_
from numpy.typing import NDArray

from ..engine_client.process import Launch
from ..engine_client.task import Task
from ..runner import runner, why_busy
from ..setup.environment import launch
from . import handover

TINT = np.array([0.75, 0.08, 0.08], np.float32)
TINT_STRENGTH = 0.65


def why_not_now(context: bpy.types.Context) -> str:
    """Why the cut-out can't be made at the moment, for the artist; empty where it can."""
    return why_busy() or ("" if context.scene.drape.picture else "Choose a picture first")


def begin(context: bpy.types.Context, *, use_mask: bool, finish: Callable[[Path, Path], None]) -> None:
    """Has the engine cut the scene's picture out, by the scene's mask if `use_mask`.

    `finish` gets the files of picture and mask, unless she has opened another .blend meanwhile. Raises HandOverError,
    NotSetUpError, and OSError where the engine can't be started.
    """
    engine, inputs = handed_over(context, use_mask=use_mask)
    mask = Path(bpy.app.tempdir, "drape.cut-out.png")
    arguments = ["cut-out", *inputs, "--output", str(mask)]
    task = Task(n_("Finding the object"), engine, lambda it: it.engine(*arguments))
    file = runner.file
    runner.start_task(task, lambda _: finish(Path(inputs[0]), mask) if runner.file == file else None)


def handed_over(context: bpy.types.Context, *, use_mask: bool) -> tuple[Launch, list[str]]:
    """What runs a command of the engine on the scene's picture, and the arguments that name it, the file first, and
    the scene's mask if `use_mask`. Raises HandOverError and NotSetUpError.
    """
    chosen = context.scene.drape
    engine = launch("cut-out")
    picture, given = (Path(bpy.app.tempdir, f"drape.{name}.png") for name in ("picture", "given"))
    handover.save(chosen.picture, context.scene, picture)
    if not use_mask or chosen.mask is None:
        return engine, [str(picture)]
    handover.save(chosen.mask, context.scene, given)
    return engine, [str(picture), "--mask", str(given)]


def over_picture(name: str, picture: Path, mask: Path) -> bpy.types.Image:
    """The image `name`, made or replaced: the picture with its background tinted. Both files are of one size."""
    colour, coverage = read_pixels(picture), read_pixels(mask)[..., :1]
    colour[..., :3] *= 1 - TINT_STRENGTH * (1 - coverage)
    colour[..., :3] += TINT_STRENGTH * (1 - coverage) * TINT
    colour[..., 3] = 1
    height, width = coverage.shape[:2]
    image = bpy.data.images.get(name) or bpy.data.images.new(name, width, height)
    if tuple(image.size) != (width, height):
        image.scale(width, height)
    image.pixels.foreach_set(colour.ravel())
    image.update()
    return image


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
    made = next(area for area in window.screen.areas if area not in before)
    made.ui_type = "IMAGE_EDITOR"
    return made
