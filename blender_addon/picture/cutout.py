# SPDX-License-Identifier: GPL-3.0-or-later
"""What the engine takes for the object: asked for as a mask, shown over the picture in the Image Editor."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import bpy
import numpy as np
from bpy.app.translations import pgettext_n as n_

from ..engine_client.task import Task
from ..runner import runner, why_busy
from ..setup.environment import NotSetUpError, launch
from ..wording import told
from . import handover
from .handover import HandOverError
from .image_editor import read_pixels

TINT = np.array([0.75, 0.08, 0.08], np.float32)
TINT_STRENGTH = 0.65


def why_not_now(context: bpy.types.Context) -> str:
    """Why the cut-out can't be made at the moment, for the artist; empty where it can."""
    return why_busy(context) or ("" if context.scene.drape.picture else "Choose a picture first")


def begin(
    operator: bpy.types.Operator, context: bpy.types.Context, *, use_mask: bool, finish: Callable[[Path, Path], None]
) -> set[str]:
    """Has the engine cut the scene's picture out, by the scene's mask if `use_mask`, as `ask` does.

    `finish` gets the files of picture and mask.
    """
    mask = Path(bpy.app.tempdir, "drape.cut-out.png")
    return ask(
        operator, context, n_("Finding the object"), "cut-out", "--output", str(mask),
        use_mask=use_mask, finish=lambda picture, _: finish(picture, mask),
    )  # fmt: skip


def ask(
    operator: bpy.types.Operator, context: bpy.types.Context, title: str, command: str, *options: str,
    use_mask: bool, finish: Callable[[Path, Task], None],
) -> set[str]:  # fmt: skip
    """Runs a command of the engine on the scene's picture, and on the scene's mask if `use_mask`, as the work of
    `operator`; returns what that has to return.

    `finish` gets the picture's file and the ended task, unless she has opened another .blend meanwhile.
    """
    chosen, file = context.scene.drape, runner.file
    picture, mask = (Path(bpy.app.tempdir, f"drape.{name}.png") for name in ("picture", "given"))
    inputs = [str(picture)]
    try:
        engine = launch("cut-out")
        handover.save(chosen.picture, context.scene, picture)
        if use_mask and chosen.mask is not None:
            handover.save(chosen.mask, context.scene, mask)
            inputs += ["--mask", str(mask)]
        task = Task(title, engine, lambda it: it.engine("--messages", command, *inputs, *options))
    except (HandOverError, NotSetUpError, OSError) as error:
        operator.report({"ERROR"}, told(error))
        return {"CANCELLED"}
    runner.start_task(task, lambda task: finish(picture, task) if runner.file == file else None)
    return {"FINISHED"}


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
