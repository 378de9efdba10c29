# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures of real models that nothing is trained on, rendered with Cycles: surface, exit layer, cut-out.

What is chosen by figures is chosen on the development half; the test half is for reporting. Without --packages the
system's package client downloads the models (2.4 GB).
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from engine.geometry.inflation import inflate
from engine.geometry.normals import normals
from engine.surface.surface_estimator import SurfaceEstimator
from tests.benchmark.measuring import backgrounds, metrics, shells, tables
from tests.benchmark.measuring.subjects import Estimate
from tests.benchmark.methods.surfaces import estimator
from tests.benchmark.real import models
from tests.benchmark.real.models import Thing

HALVES: tuple[models.Half, ...] = ("development", "test")
METHODS = ("flat", "inflation", "embedded", "surface")
HEADER = (
    "method", "normals", "own mask", "depth MSE", "inflation's", "thickness", "chamfer", "F", "correlation", "IoU",
    "worst quarter",
)  # fmt: skip

Floats = NDArray[np.floating]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Answer:
    """What a method says of an object in a square crop, images (N, N, ...)."""

    depth: Floats
    normal: Floats
    thickness: Floats
    uncertainty: Floats | None = None
    """Angle in radians."""


@dataclass(frozen=True)
class Method:
    """A way to a surface, and one to a cut-out, if it has one."""

    surface: Callable[[NDArray[np.float32], Mask], Answer]
    cut_out: Callable[[NDArray[np.uint8]], Floats] | None = None


def table(*arguments: str) -> str:
    """A table for each half, a row in it for each method; means over the models. All figures by model in out-bench.

    Normals: mean angle in degrees where the true mask is told; own mask: where the method cuts the object out of a
    picture with a background, over the true mask, what it misses filled from the nearest. Depth MSE: the true range
    is 1, mean and deviation fitted; inflation's: as a share of the inflated outline's. Thickness: mean error as a
    share of the depth extent; chamfer, in half-diagonals, and F at 0.05: of the shell between front and exit layer,
    its distance fitted, of closed models only (methods without an exit layer have the inflated outline's thickness).
    Correlation: of uncertainty and true error over a picture's pixels. IoU of the cut-outs, and of the worst quarter.
    """
    options = _parse(arguments)
    texts, details = [], []
    for half in options.halves:
        things = models.things(half, options.packages)[: options.count]
        rows = []
        for name in options.methods:
            method = _method(name, options.device, options.weights)
            figures = np.array([_measured(method, thing, k) for k, thing in enumerate(things)])
            rows.append((name, *_summary(figures)))
            details += [
                (f"{half}: {thing.name}", name, *(f"{value:.3f}" for value in row))
                for thing, row in zip(things, figures, strict=True)
            ]
        texts.append(f"{half[0].upper()}{half[1:]} ({len(things)})\n\n{tables.markdown(HEADER, rows)}")
    text = "\n\n".join(texts)
    tables.save("things.md", f"{text}\n\n{tables.markdown(('model', *HEADER[:-1]), details)}")
    return text


def _parse(arguments: tuple[str, ...]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench things", description=__doc__)
    parser.add_argument("--packages", type=Path, default=models.PACKAGES, metavar="FOLDER", help="of .deb files")
    parser.add_argument("--halves", nargs="+", choices=HALVES, default=HALVES)
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=METHODS)
    parser.add_argument(
        "--weights", type=Path, metavar="FOLDER", help="of the surface network, by default those shipped"
    )
    parser.add_argument("--count", type=int, help="only so many models of each half")
    parser.add_argument("--device", default="cpu")
    return parser.parse_args(arguments)


def _measured(method: Method, thing: Thing, number: int) -> tuple[float, ...]:
    """HEADER's figures of one model but the last, NaN where the method or the model has none."""
    mask, answer = thing.mask, method.surface(thing.rgb(), thing.mask)
    angle = metrics.angles(Estimate(answer.depth, answer.normal).everywhere().normal, thing.normal)[mask]
    error = metrics.depth_mse(answer.depth, thing.depth, mask)
    bulge = np.nan_to_num(inflate(mask))
    share = error / metrics.depth_mse(bulge, thing.depth, mask)
    shell = [float("nan")] * 3
    if thing.closed:
        layers, true = (answer.depth, answer.depth - answer.thickness), (thing.depth, thing.exit_depth)
        shell[0] = shells.thickness_error(*layers, *true, mask)
        shell[1:] = shells.distance(layers, true, mask, thing.perspective, thing.points, thing.unit)
    correlation = float("nan")
    if answer.uncertainty is not None:
        correlation = float(np.corrcoef(answer.uncertainty[mask], angle)[0, 1])
    own, overlap = _with_own_mask(method, thing, number) if method.cut_out else (float("nan"), float("nan"))
    return (float(angle.mean()), own, error, share, *shell, correlation, overlap)


def _with_own_mask(method: Method, thing: Thing, number: int) -> tuple[float, float]:
    """Angle of the normals as `table` tells, and overlap of the cut-out."""
    rgba = np.asarray(Image.open(thing.picture), np.float32) / np.float32(255)
    kind = backgrounds.KINDS[number % len(backgrounds.KINDS)]
    ground = backgrounds.background(kind, number % backgrounds.VARIANTS, *rgba.shape[:2])
    laid = backgrounds.lay(rgba[..., :3], rgba[..., 3], ground)
    assert method.cut_out is not None
    coverage = method.cut_out(np.round(laid * 255).astype(np.uint8))
    overlap = metrics.intersection_over_union(coverage, rgba[..., 3])
    small, own = (
        np.asarray(Image.fromarray(image).resize((models.SIZE,) * 2, Image.Resampling.BOX))
        for image in (np.round(laid * 255).astype(np.uint8), coverage.astype(np.float32))
    )
    found = own >= 0.5
    if not found.any():
        return 90.0, overlap
    answer = method.surface(np.where(found[..., None], small / np.float32(255), np.float32(0)), found)
    gone = np.where(found, 0.0, np.nan)
    whole = Estimate(answer.depth + gone, answer.normal + gone[..., None]).everywhere()
    return metrics.normal_angle(whole.normal, thing.normal, thing.mask), overlap


def _summary(figures: Floats) -> list[str]:
    """Means over the models (M, F) that have a figure, and the mean overlap of the worst quarter."""
    digits = (1, 1, 4, 2, 3, 4, 3, 2, 3)
    known = [column[np.isfinite(column)] for column in figures.T]
    worst = np.sort(known[-1])[: max(1, len(known[-1]) // 4)]
    values = [*zip(known, digits, strict=True), (worst, 3)]
    return [f"{column.mean():.{places}f}" if len(column) else "" for column, places in values]


def _method(name: str, device: str, weights: Path | None) -> Method:
    if name == "surface":
        return _surface_network(SurfaceEstimator.load(torch.device(device), weights))
    if name == "embedded":
        return _embedded(estimator(device, None))
    return Method(_flat if name == "flat" else _inflation)


def _flat(_rgb: NDArray[np.float32], mask: Mask) -> Answer:
    facing = np.broadcast_to([0.0, 0.0, 1.0], (*mask.shape, 3))
    return Answer(np.zeros(mask.shape), facing, 2 * np.nan_to_num(inflate(mask)))


def _inflation(_rgb: NDArray[np.float32], mask: Mask) -> Answer:
    depth = inflate(mask)
    return Answer(np.nan_to_num(depth), normals(depth, mask), 2 * np.nan_to_num(depth))


def _embedded(network: Any) -> Method:
    def surface(rgb: NDArray[np.float32], mask: Mask) -> Answer:
        found = network.surface(rgb, mask)
        return Answer(found.depth, found.normal, 2 * np.nan_to_num(inflate(mask)), found.uncertainty)

    return Method(surface, network.cut_out)


def _surface_network(network: SurfaceEstimator) -> Method:
    def surface(rgb: NDArray[np.float32], mask: Mask) -> Answer:
        found = network.surface(rgb, mask)
        return Answer(found.depth, found.normal, _thickness(network, rgb, mask), found.uncertainty)

    return Method(surface, network.cut_out)


def _thickness(network: SurfaceEstimator, rgb: NDArray[np.float32], mask: Mask) -> Floats:
    """(N, N), N the network's own size or any other."""
    small, seen = (
        np.asarray(Image.fromarray(image).resize((network.size,) * 2, Image.Resampling.BOX), np.float32)
        / np.float32(255)
        for image in (np.round(rgb * 255).astype(np.uint8), mask.astype(np.uint8) * 255)
    )
    thickness = network.look(small, seen > 0.5).thickness[0, 0].float().numpy()
    return np.asarray(Image.fromarray(thickness).resize(mask.shape[::-1], Image.Resampling.BILINEAR))
