# SPDX-License-Identifier: GPL-3.0-or-later
"""Cutting subjects out of photographs as they were taken, whose outlines were drawn by hand."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from engine.surface.surface_estimator import SurfaceEstimator
from tests.benchmark.judged.outlines import Photograph, photographs
from tests.benchmark.measuring import metrics, tables
from tests.benchmark.methods.surfaces import estimator
from tests.benchmark.real.models import PACKAGES

METHODS = ("embedded", "surface")

CutOut = Callable[[NDArray[np.uint8]], NDArray[np.float32]]


def table(*arguments: str) -> str:
    """A row for each photograph: intersection over union with the outline drawn by hand, which itself is right to about
    .97; then the mean, and that of the worst quarter, of each half.
    """
    parser = argparse.ArgumentParser(prog="bench photographs", description=__doc__)
    parser.add_argument("--packages", type=Path, default=PACKAGES, metavar="FOLDER", help="of .deb files")
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=METHODS)
    parser.add_argument(
        "--weights", type=Path, metavar="FOLDER", help="of the surface network, by default those shipped"
    )
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args(arguments)
    methods = [_method(name, options.device, options.weights) for name in options.methods]
    taken = photographs(options.packages)
    overlaps = np.array([[_overlap(method, one) for method in methods] for one in taken])
    rows = [[f"{one.half}: {one.name}", *_text(row)] for one, row in zip(taken, overlaps, strict=True)]
    for half in ("development", "test"):
        some = np.sort(overlaps[[one.half == half for one in taken]], axis=0)
        rows.append([f"{half}: mean", *_text(some.mean(0))])
        rows.append([f"{half}: worst quarter", *_text(some[: max(1, len(some) // 4)].mean(0))])
    text = tables.markdown(("photograph", *options.methods), rows)
    tables.save("photographs.md", text)
    return text


def _overlap(cut_out: CutOut, photograph: Photograph) -> float:
    return metrics.intersection_over_union(cut_out(photograph.rgb), photograph.mask.astype(np.float32))


def _text(values: NDArray[np.floating]) -> list[str]:
    return [f"{value:.3f}" for value in values]


def _method(name: str, device: str, weights: Path | None) -> CutOut:
    if name == "surface":
        return SurfaceEstimator.load(torch.device(device), weights).cut_out
    return lambda rgb: np.asarray(estimator(device, None).cut_out(rgb), np.float32)
