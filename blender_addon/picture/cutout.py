# SPDX-License-Identifier: GPL-3.0-or-later
"""What the engine takes for the object: asked for as a mask, shown over the picture in the Image Editor."""

from __future__ import annotations

import hashlib
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
"""Of what isn't kept, in every picture of ours; what is kept is clear."""
TINT_STRENGTH = 0.65


def why_not_now(context: bpy.types.Context) -> str:
    """Why the cut-out can't be made at the moment, for the artist; empty where it can."""
    return why_busy(context) or ("" if context.scene.drape.picture else "Choose a picture first")


def begin(
    operator: bpy.types.Operator, context: bpy.types.Context, *, use_mask: bool, finish: Callable[[Path, Path], None]
) -> set[str]:
    """Has the engine cut the scene's picture out, by the scene's mask if `use_mask`, as `ask` does.

    `finish` gets the files of picture and mask: at once where the very same was cut out before.
    """
    files = hand_over(operator, context, use_mask=use_mask)
    if files is None:
        return {"CANCELLED"}
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
    mask = Path(bpy.app.tempdir, f"drape.cut-out.{digest[:16]}.png")
    if mask.is_file():
        finish(files[0], mask)
        return {"FINISHED"}
    title, arguments = n_("Finding the object"), ("cut-out", "--output", str(mask))
    return ask(operator, title, files, *arguments, finish=lambda picture, _: finish(picture, mask))


def hand_over(operator: bpy.types.Operator, context: bpy.types.Context, *, use_mask: bool) -> list[Path] | None:
    """Files of the scene's picture, and of the scene's mask where it has one and `use_mask`; None where `operator` has
    reported why there are none."""
    chosen = context.scene.drape
    images = [chosen.picture, chosen.mask] if use_mask and chosen.mask is not None else [chosen.picture]
    files = [Path(bpy.app.tempdir, f"drape.{name}.png") for name in ("picture", "given")][: len(images)]
    try:
        for image, file in zip(images, files, strict=True):
            handover.save(image, context.scene, file)
    except HandOverError as error:
        operator.report({"ERROR"}, told(error))
        return None
    return files


def ask(
    operator: bpy.types.Operator, title: str, files: list[Path], command: str, *options: str,
    finish: Callable[[Path, Task], None],
) -> set[str]:  # fmt: skip
    """Runs a command of the engine on what was handed over as `files`, as the work of `operator`; returns what that
    has to return.

    `finish` gets the picture's file and the ended task, unless she has opened another .blend meanwhile.
    """
    opened, (picture, *masks) = runner.file, files
    given = [argument for mask in masks for argument in ("--mask", str(mask))]
    try:
        engine = launch("cut-out")
        task = Task(title, engine, lambda it: it.engine("--messages", command, str(picture), *given, *options))
    except (NotSetUpError, OSError) as error:
        operator.report({"ERROR"}, told(error))
        return {"CANCELLED"}
    runner.start_task(task, lambda task: finish(picture, task) if runner.file == opened else None)
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
