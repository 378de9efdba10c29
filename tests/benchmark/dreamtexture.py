# SPDX-License-Identifier: GPL-3.0-or-later
"""DreamTexture on pictures whose surfaces are known, in the conditions of its paper and beyond.

Methods are flat, inflation, "estimator" (the monocular estimator alone), "true coordinates" (those of the true surface,
lifted: the ceiling of stage II) and presets of the engine's with the embedded guidance, with settings as in
"standard,steps=50", in "standard,image space" with a residual between pictures instead of coordinates; "paper" takes
hours a picture. Each has a process of its own, so that the peak of the memory is its own, too.
"""

from __future__ import annotations

import argparse
import multiprocessing
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from tests.benchmark.measuring import subjects, tables
from tests.benchmark.measuring.recovery import Recovery, recover
from tests.benchmark.methods import published
from tests.benchmark.scenes import pictures
from tests.benchmark.scenes.cases import CASES, CONDITIONS, OTHERS, PRIMITIVES, Case

BAR = "inflation"  # what every method has to beat
METHODS = ("flat", "inflation", "estimator", "draft", "standard", "true coordinates")
SHORTER = ("steps=300", "snapshots=1", "depth_steps=2000")  # than the paper's 100,000 and 10 times 20,000: hours
OURS = (
    "standard", "standard,start=outline", "standard,noise_schedule=uniform", "standard,texture=plaid",
    "standard,image space", "standard,steps=25", "standard,steps=400", "standard,noises=8", "standard,bending=0",
    "standard,barrier=0",
)  # fmt: skip
THEIRS = {
    "paper": "", "lambda 1 = 0": "gradient_smoothness=0", "lambda 2 = 0": "integrability=0",
    "lambda 3 = 0": "depth_smoothness=0", "alpha = 0.3": "blend=0.3", "alpha = 0.7": "blend=0.7",
}  # fmt: skip


@dataclass(frozen=True)
class Measure:
    """A figure of a recovery, as the tables show it."""

    title: str
    digits: int
    of: Callable[[Recovery], float]
    published: dict[str, published.Row] | None = None


MEASURES = (
    Measure("depth MSE", 4, lambda found: found.depth_mse, published.DEPTH_MSE),
    Measure("normal MSE", 4, lambda found: found.normal_mse, published.NORMAL_MSE),
    Measure("normals, degrees", 1, lambda found: found.angle),
)
Found = dict[str, dict[Case, Recovery]]


def table(*arguments: str) -> str:
    """The tables, which are also in out-bench/dreamtexture.md beside a grid of pictures, dreamtexture.png.

    Depth MSE: foreground, mean and deviation matched to the truth's, of which the range is 1 (the paper states no
    unit). Normal MSE: of unit normals, a component. Seconds: models loaded, of one picture; memory: peak of the process
    after its first picture.
    """
    options = _parse(arguments)
    cases = [
        case for case in CASES
        if case.shape in options.shapes and case.pose < options.poses and case.group in options.groups
    ]  # fmt: skip
    methods = list(dict.fromkeys([BAR, *options.methods, options.watch]))
    if options.ablations:
        cases = [case for case in cases if case.group == "shaded primitives"]
        methods = [*OURS, *map(_theirs, THEIRS)]
    pictures.make(cases)
    found = {name: _in_own_process(name, cases, options.device) for name in methods}
    if options.ablations:
        text = "\n\n".join(_ablations(found))
        tables.save("dreamtexture-ablations.md", text)
        return text
    text = "\n\n".join(_sections(found, cases))
    tables.save("dreamtexture.md", text)
    watched = [(case, one) for case, one in found[options.watch].items() if case.pose == case.light == 0]
    journeys = [(subjects.rendered(case), one.shown, one.estimate) for case, one in watched]
    tables.save_journeys(tables.FOLDER / "dreamtexture.png", journeys)
    return text


def _parse(arguments: tuple[str, ...]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench dreamtexture", description=__doc__)
    parser.add_argument("--methods", nargs="+", default=METHODS, metavar="NAME", help=f"by default {METHODS}")
    parser.add_argument("--shapes", nargs="+", default=[*PRIMITIVES, *OTHERS], choices=[*PRIMITIVES, *OTHERS])
    groups = list(dict.fromkeys(case.group for case in CASES))
    parser.add_argument("--groups", nargs="+", default=groups, choices=groups, help="of pictures, by default all")
    parser.add_argument("--poses", type=int, default=3, help="how many poses of the shapes beyond the primitives")
    parser.add_argument("--ablations", action="store_true", help="instead: one thing left out at a time, shaded ones")
    parser.add_argument(
        "--watch", default="standard", metavar="NAME", help="the method that the grid of pictures shows"
    )
    parser.add_argument("--device", default="cpu")
    return parser.parse_args(arguments)


def _theirs(variant: str) -> str:
    """The method that is the paper's preset with this ablation of its Table 4."""
    return ",".join(filter(None, ["paper", *SHORTER, THEIRS[variant]]))


def _in_own_process(name: str, cases: Sequence[Case], device: str) -> dict[Case, Recovery]:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return dict(
            zip(cases, pool.starmap(recover, [(name, case, device) for case in cases], chunksize=1), strict=True)
        )


def _sections(found: Found, cases: Sequence[Case]) -> list[str]:
    sections = []
    for perspective in (False, True):
        for condition in CONDITIONS:
            chosen = [
                case for case in cases
                if case.shape in PRIMITIVES and case.condition == condition and bool(case.perspective) == perspective
            ]  # fmt: skip
            if chosen:
                title = f"{condition}{', in perspective' if perspective else ''}"
                sections += [_by_shape(found, title, chosen, measure) for measure in MEASURES]
    others = [case for case in cases if case.shape in OTHERS and case.condition != "silhouette"]
    if others:
        title = f"{len(others)} pictures beyond, silhouettes left out"
        sections += [_by_shape(found, title, others, measure) for measure in MEASURES]
    if any(case.shape == "cup" for case in others):
        sections.append(_hollows(found, [case for case in others if case.shape == "cup"]))
    return [*sections, _costs(found)]


def _by_shape(found: Found, title: str, cases: Sequence[Case], measure: Measure) -> str:
    """Rows are methods, columns shapes, and their mean."""
    shapes = list(dict.fromkeys(case.shape for case in cases))
    rows = []
    for name, recoveries in found.items():
        figures = [np.mean([measure.of(recoveries[c]) for c in cases if c.shape == shape]) for shape in shapes]
        rows.append((name, *(f"{value:.{measure.digits}f}" for value in [*figures, np.mean(figures)])))
    theirs = (measure.published or {}).get(title)
    if theirs:
        by_shape = dict(zip(PRIMITIVES, theirs, strict=True))
        printed = [by_shape[shape] for shape in shapes]
        rows.append(("the paper's own", *(f"{value:.4f}" for value in [*printed, np.mean(printed)])))
    heading = f"{title[0].upper()}{title[1:]}: {measure.title}"
    return f"{heading}\n\n{tables.markdown(('method', *shapes, 'mean'), rows)}"


def _hollows(found: Found, cases: Sequence[Case]) -> str:
    """Rows are methods, columns conditions and poses: the share of the inside that lies below the rim."""
    columns = [(condition, pose) for condition in CONDITIONS[1:] for pose in range(1 + max(c.pose for c in cases))]
    rows = [
        (name, *(
            " ".join(f"{recoveries[c].hollow:.2f}" for c in cases if (c.condition, c.pose) == column)
            for column in columns
        ))
        for name, recoveries in found.items()
    ]  # fmt: skip
    header = ("method", *(f"{condition} {pose}" for condition, pose in columns))
    return f"Share of the cup's inside that lies below its rim, both lights\n\n{tables.markdown(header, rows)}"


def _costs(found: Found) -> str:
    """Rows are methods: what else is known of their results, and what they take."""
    rows = []
    for name, recoveries in found.items():
        every = list(recoveries.values())
        later = every[1:] or every  # the first one also warms up
        better = sum(one.angle < found[BAR][case].angle for case, one in recoveries.items())
        rows.append((
            name,
            f"{better}/{len(every)}",
            str(sum(one.foldovers for one in every)),
            f"{np.mean([one.conformal_energy for one in every]):.4f}",
            f"{np.mean([one.steps for one in every]):.0f}",
            f"{1000 * np.mean([one.step_seconds for one in later]):.0f}",
            f"{np.mean([one.seconds for one in later]):.1f}",
            f"{every[0].memory / 2**20:.0f}",
        ))  # fmt: skip
    header = ("method", "better", "fold-overs", "conformal energy", "SDS steps", "ms a step", "seconds", "MB")
    return f"Better: pictures whose normals are better than inflation's\n\n{tables.markdown(header, rows)}"


def _ablations(found: Found) -> list[str]:
    def row(name: str) -> tuple[str, ...]:
        means = [np.mean([measure.of(one) for one in found[name].values()]) for measure in MEASURES]
        return tuple(f"{mean:.{measure.digits}f}" for mean, measure in zip(means, MEASURES, strict=True))

    header = ("variant", *(measure.title for measure in MEASURES))
    ours = tables.markdown(header, [(name, *row(name)) for name in OURS])
    theirs = tables.markdown(
        (*header, "the paper's own"),
        [(name, *row(_theirs(name)), "{:.4f} {:.4f}".format(*published.ABLATION[name])) for name in THEIRS],
    )
    return [f"Preset standard\n\n{ours}", f"Preset paper with {', '.join(SHORTER)}, embedded guidance\n\n{theirs}"]
