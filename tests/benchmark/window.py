# SPDX-License-Identifier: GPL-3.0-or-later
"""How long the extension holds the main thread of a Blender with a window: the one that BLENDER or PATH names."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np

from tests.benchmark.measuring import tables
from tests.window import running

STOPWATCH = Path(running.__file__).with_name("stopwatch.py")
LIMITS = {  # milliseconds that were promised, for work that is not left to the graphics driver
    "step of the timer": "8",
    "drawing the panel": "8",
    "drawing the preview": "",
    "import of 180,000 triangles": "500",
    "metrics of a million triangles": "2000",
    "drawing the distortion": "",
}


def table(*arguments: str) -> str:
    """A row for each kind of work: how often it was measured, its median and its longest span in milliseconds, by the
    clock and in the thread's own time, which leaves out what other programs took meanwhile."""
    argparse.ArgumentParser(prog="bench window", description=__doc__).parse_args(arguments)
    with tempfile.TemporaryDirectory() as home:
        spans = running.perform(running.find(), STOPWATCH, Path(home))["spans"]
    rows = []
    for name, limit in LIMITS.items():
        clock, own = 1e3 * np.array(spans[name]).T
        figures = [np.median(clock), clock.max(), np.median(own), own.max()]
        rows.append([name, str(len(clock)), limit, *(f"{figure:.1f}" for figure in figures)])
    header = ["ms", "spans", "limit", "median", "longest", "own: median", "own: longest"]
    text = tables.markdown(header, rows)
    tables.save("window.md", text)
    return text
