# SPDX-License-Identifier: GPL-3.0-or-later
"""Cutting objects out: pictures with alpha are laid on backgrounds; the cut-out's overlap with that alpha counts."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from engine.surface import cutout
from tests.benchmark.measuring import backgrounds, metrics, tables
from tests.benchmark.methods.surfaces import estimator, surface_estimator
from tests.benchmark.scenes import pictures
from tests.benchmark.scenes.cases import CASES

Floats = NDArray[np.float32]
METHODS = ("grabcut", "embedded", "surface")


def table(*arguments: str) -> str:
    """A row for each picture, and the mean: intersection over union with its alpha, by kind of background.

    The pictures are the rgba.png in the folders of --pictures; without it, a scene of each rendered shape.
    """
    parser = argparse.ArgumentParser(prog="bench cutouts", description=__doc__)
    parser.add_argument("--pictures", type=Path, metavar="FOLDER", help="pictures with alpha: FOLDER/*/rgba.png")
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=METHODS)
    parser.add_argument("--weights", type=Path, metavar="FOLDER", help="of the estimator, by default those shipped")
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args(arguments)
    methods = {name: _method(name, options.device, options.weights) for name in METHODS if name in options.methods}
    rows, means = [], []
    for name, file in _pictures(options.pictures).items():
        rgba = np.asarray(Image.open(file).convert("RGBA"), np.float32) / np.float32(255)
        overlaps = [
            float(np.mean([_overlap(cut_out, rgba, kind, k) for k in range(backgrounds.VARIANTS)]))
            for kind in backgrounds.KINDS
            for cut_out in methods.values()
        ]
        means.append(overlaps)
        rows.append([name, *(f"{overlap:.3f}" for overlap in overlaps)])
    rows.append(["mean", *(f"{overlap:.3f}" for overlap in np.mean(means, 0))])
    header = ["picture", *(f"{kind}: {name}" for kind in backgrounds.KINDS for name in methods)]
    text = tables.markdown(header, rows)
    tables.save("cutouts.md", text)
    return text


def _pictures(folder: Path | None) -> dict[str, Path]:
    if folder is not None:
        return {file.parent.name: file for file in sorted(folder.glob("*/rgba.png"))}
    cases = [case for case in CASES if case.condition == "natural" and case.pose == 0 and case.light == 0]
    pictures.make(cases)
    return {case.shape: pictures.load(case).picture for case in cases}


def _overlap(cut_out: Callable[[Floats], Floats], rgba: Floats, kind: str, variant: int) -> float:
    ground = backgrounds.background(kind, variant, *rgba.shape[:2])
    laid = backgrounds.lay(rgba[..., :3], rgba[..., 3], ground)
    return metrics.intersection_over_union(cut_out(laid), rgba[..., 3])


def _method(name: str, device: str, weights: Path | None) -> Callable[[Floats], Floats]:
    if name == "grabcut":  # the engine's own, without the network's guess
        return lambda rgb: cutout.cut_out(rgb, lambda small: np.zeros(small.shape[:2], np.float32))
    embedded = surface_estimator(device, weights) if name == "surface" else estimator(device, weights)
    return lambda rgb: np.asarray(embedded.cut_out(np.round(rgb * 255).astype(np.uint8)))
