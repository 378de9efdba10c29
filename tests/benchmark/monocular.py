# SPDX-License-Identifier: GPL-3.0-or-later
"""Depth and normals from one picture: the embedded estimator, the engine's presets and what they must beat.

On Blender's renders, whose surfaces are known, and on pictures for which other estimators' answers are at hand: there
the figures say how far two estimators agree. "half inflation" has half the height of the inflated outline, which is
of all fixed heights the one that agrees best with those.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np

from tests.benchmark.measuring import metrics, subjects, tables
from tests.benchmark.measuring.subjects import Estimate, Subject
from tests.benchmark.methods.surfaces import BASELINES, method
from tests.benchmark.scenes import pictures
from tests.benchmark.scenes.cases import CASES, OTHERS, PRIMITIVES

GROUPS = ("shaded primitives", "textured primitives", "primitives in perspective", "the rest", "real pictures")
HEADER = ("method", "normals deg", "worst", "normal MSE", "depth RMSE", "depth MSE", "better", "seconds")


def table(*arguments: str) -> str:
    """A table for each group of subjects, a row in it for each method; all figures by subject in out-bench.

    Normals: mean angle, then the mean of the worst subject. Depth: a share of the true range. Better: subjects whose
    normals are better than both inflations'. Seconds: mean of one picture, the first one left out.
    """
    options = _parse(arguments)
    names = [*BASELINES, *options.methods]
    methods = {name: method(name, options.device, options.weights) for name in names}
    figures: dict[str, dict[str, list[tuple[float, ...]]]] = {}
    details, grid = [], []
    for subject in _subjects(options):
        estimates = []
        for name, estimate in methods.items():
            began = time.perf_counter()
            estimates.append(estimate(subject).everywhere())
            row = (*_measure(estimates[-1], subject), time.perf_counter() - began)
            figures.setdefault(subject.group, {}).setdefault(name, []).append(row)
            details.append((subject.name, name, *_text(row[:4])))
        if "pose0-light0" in subject.name or subject.group == "real pictures":
            grid.append((subject, estimates))

    text = "\n\n".join(_group(group, figures[group]) for group in GROUPS if group in figures)
    header = ("subject", "method", "normals deg", "normal MSE", "depth RMSE", "depth MSE")
    tables.save("monocular.md", f"{text}\n\n{tables.markdown(header, details)}")
    tables.save_grid(tables.FOLDER / "monocular.png", grid)
    return text


def _parse(arguments: tuple[str, ...]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench monocular", description=__doc__)
    parser.add_argument("--methods", nargs="+", default=["embedded"], metavar="NAME",
                        help="embedded, none, or presets of the engine's: draft, standard,steps=100")  # fmt: skip
    parser.add_argument("--shapes", nargs="*", default=[*PRIMITIVES, *OTHERS], help="shapes of the rendered scenes")
    parser.add_argument("--poses", type=int, default=3, help="how many poses of them")
    parser.add_argument("--pictures", type=Path, metavar="FOLDER", help="pictures with normal.png and depth.png")
    parser.add_argument("--weights", type=Path, metavar="FOLDER", help="of the estimator, by default those shipped")
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args(arguments)
    options.methods = [name for name in options.methods if name != "none"]
    return options


def _subjects(options: argparse.Namespace) -> list[Subject]:
    cases = [case for case in CASES if case.shape in options.shapes and case.pose < options.poses]
    cases = [case for case in cases if case.group in GROUPS]
    pictures.make(cases)
    return [*map(subjects.rendered, cases), *(subjects.judged(options.pictures) if options.pictures else ())]


def _measure(estimate: Estimate, subject: Subject) -> tuple[float, float, float, float]:
    where = subject.where
    return (
        metrics.normal_angle(estimate.normal, subject.normal, where),
        metrics.normal_mse(estimate.normal, subject.normal, where),
        metrics.depth_rmse(estimate.depth, subject.depth, where),
        metrics.depth_mse(estimate.depth, subject.depth, where),
    )


def _group(group: str, figures: dict[str, list[tuple[float, ...]]]) -> str:
    bar = np.minimum(*(np.array(figures[name])[:, 0] for name in ("inflation", "half inflation")))
    rows = []
    for name, measured in figures.items():
        values = np.array(measured)
        angle, normal, rmse, mse = _text(tuple(values[:, :4].mean(0)))
        seconds = values[1:, 4].mean() if len(values) > 1 else values[0, 4]
        better = f"{(values[:, 0] < bar).sum()}/{len(values)}"
        rows.append((name, angle, f"{values[:, 0].max():.1f}", normal, rmse, mse, better, f"{seconds:.1f}"))
    return f"{group[0].upper()}{group[1:]} ({len(bar)})\n\n{tables.markdown(HEADER, rows)}"


def _text(figures: tuple[float, ...]) -> tuple[str, str, str, str]:
    angle, normal, rmse, mse = figures
    return f"{angle:.1f}", f"{normal:.4f}", f"{rmse:.3f}", f"{mse:.4f}"
