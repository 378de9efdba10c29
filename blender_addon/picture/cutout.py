# SPDX-License-Identifier: GPL-3.0-or-later
"""What the engine takes for the object: asked for as a mask, shown over the picture in the Image Editor."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import bpy
import numpy as np
from bpy.app.translations import pgettext_n as n_

from ..engine_client.process import Launch
from ..engine_client.task import Task
from ..runner import runner, why_busy
from ..setup.environment import launch
from . import handover
from .image_editor import read_pixels

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
