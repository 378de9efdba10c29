# SPDX-License-Identifier: GPL-3.0-or-later
"""`engine train`: makes the shapes and their views, trains an embedded model on them, saves its weights.

The alignment prior starts from what the monocular estimator sees: `all` trains that first, then the prior from it, then
the outpainter. What was made is kept, so that any run can be broken off and taken up again. `things` makes views of
real things to learn from (`engine train things --help`).
"""

from __future__ import annotations

import argparse
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from engine.devices import choose
from engine.models import ESTIMATOR, WEIGHTS
from engine.surface.estimate import Floats, Mask
from engine.training.plot import plot_loss
from engine.training.pool import Kind, make_pool
from engine.training.trainer import Task, Trainer
from engine.training.views import Pool

SIZE = 128
FULL_SIZE = 256
VALIDATION_SHARDS = 2
ROOT = Path("out-train")
ALL = "all"


def main(argv: list[str]) -> int:
    """Runs the command; `argv` without the program's name. Returns the exit code."""
    if argv[:1] == ["things"]:
        from engine.training.things import command

        return command.main(argv[1:])
    if argv[:1] == ["surface"]:
        from engine.training import surface

        return surface.main(argv[1:])
    parser = argparse.ArgumentParser(prog="engine train", description=__doc__)
    parser.add_argument(
        "name", choices=[*TASKS, ALL], nargs="?", default="monocular", help="the model (default: monocular)"
    )
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--steps", type=int, help="optimiser steps in all")
    length.add_argument("--minutes", type=float, help="choose the steps so that they take about so long here")
    parser.add_argument("--resume", type=Path, metavar="DIR", help="go on from the output of an earlier run")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--shapes", type=int, default=20000, help="objects in the pool, validation included")
    parser.add_argument("--pool", type=Path, default=ROOT / "pool", help="folder for the objects' views")
    parser.add_argument("--output", type=Path, metavar="DIR", help="weights and state (default: out-train/NAME)")
    parser.add_argument(
        "--estimator", type=Path, metavar="FOLDER", help="the estimator to start alignment from (default: shipped)"
    )
    parser.add_argument("--processes", type=int, default=2, help="processes that make objects")
    parser.add_argument("--preview", type=Path, metavar="PNG", help="only write a contact sheet of such pictures")
    options = parser.parse_args(argv)
    if options.preview:
        from engine.training.preview import contact_sheet

        contact_sheet(options.preview, seed=0)
        return 0
    if options.name != ALL:
        _train(options.name, options, options.output or ROOT / options.name, options.resume)
        return 0
    root = options.output or ROOT
    for name in TASKS:
        known = options.resume and options.resume / name
        _train(name, options, root / name, known if known and known.exists() else None)
        options.estimator = root / "monocular" / "model"
    return 0


def _train(name: str, options: argparse.Namespace, output: Path, known: Path | None) -> None:
    """Trains the model `name`; `known`: folder with the state to go on from."""
    device = choose(options.device)
    trainer = Trainer(TASKS[name](options, device), device)
    if known:
        trainer.resume(known)
    steps = options.steps or trainer.steps_within(60 * (options.minutes or 20))
    trainer.run(steps, output)
    plot_loss(output / "loss.csv", output / "loss.png")


def _pools(options: argparse.Namespace, kind: Kind, shapes: int, size: int) -> tuple[list[Path], list[Path]]:
    """Shards of views to learn from, and those kept for validation; at every size the latter show the same objects."""
    shard = max(1, min(50, shapes // (2 * VALIDATION_SHARDS)))
    files = make_pool(options.pool, kind, shapes, size, options.processes, shard)
    return files[VALIDATION_SHARDS:], files[:VALIDATION_SHARDS]


def _monocular(options: argparse.Namespace, device: torch.device) -> Task[Any]:
    from engine.training.monocular import MonocularTask

    files, validation = _pools(options, "single", options.shapes, SIZE)
    fine, fine_validation = _pools(options, "single", options.shapes // 4, FULL_SIZE)
    return MonocularTask(Pool(files), Pool(fine), Pool(validation), Pool(fine_validation), device)


def _outpainter(options: argparse.Namespace, device: torch.device) -> Task[Any]:
    from engine.training.outpainter import OutpainterTask

    files, validation = _pools(options, "orbit", options.shapes, SIZE)
    return OutpainterTask(Pool(files), Pool(validation), device)


def _alignment(options: argparse.Namespace, device: torch.device) -> Task[Any]:
    from engine.surface.embedded import EmbeddedEstimator
    from engine.surface.relief import relief
    from engine.training.alignment_prior import AlignmentTask, Examples, make_examples

    estimator = EmbeddedEstimator.load(device, options.estimator)
    weights = (options.estimator or WEIGHTS.parent / ESTIMATOR.source) / "diffusion_pytorch_model.safetensors"
    whose = f"{zlib.crc32(weights.read_bytes()):08x}"

    def seen(picture: Floats, mask: Mask) -> NDArray[np.floating]:
        return relief(estimator.surface(picture, mask))

    def examples(files: list[Path]) -> Examples:
        return Examples([make_examples(file, seen, whose) for file in files])

    files, validation = _pools(options, "single", options.shapes, SIZE)
    return AlignmentTask(examples(files), examples(validation), device)


TASKS: dict[str, Callable[[argparse.Namespace, torch.device], Task[Any]]] = {
    "monocular": _monocular, "alignment": _alignment, "outpainter": _outpainter,
}  # fmt: skip
