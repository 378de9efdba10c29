# SPDX-License-Identifier: GPL-3.0-or-later
"""How long the extension holds Blender's main thread; run by Blender itself (`--python`).

Each span is measured twice: by the clock, and in the thread's own time, without what others on this machine took.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.blender.results import write_result
from tests.window.acting import SOON, area, empty_view, invoke, open_sidebar, part, perform, seen, until

IMPORTED = 300  # quads along a side: 180,000 triangles
MEASURED = 708  # a million
REPEATS = 3


def work() -> Iterator[float]:
    """The steps; yields the seconds to the next one, in which Blender draws and listens."""
    yield from open_sidebar("VIEW_3D")
    empty_view()
    for name, owner, what in (
        ("step of the timer", part("runner"), "tick"),
        ("drawing the preview", part("job.viewport_preview"), "_draw"),
        ("drawing the panel", part("job.panel").Reconstruct, "draw"),
    ):
        setattr(owner, what, timed(name, getattr(owner, what)))
    yield from a_job()
    yield from an_import()
    yield from a_measurement()


def a_job() -> Iterator[float]:
    """A reconstruction, which she waits for."""
    chosen = bpy.context.scene.drape
    chosen.picture = bpy.data.images.load(os.environ["SAMPLE"])
    chosen.guidance, chosen.device = "embedded", "cpu"
    chosen.dreamtexture.steps, chosen.dreamtexture.patience = 10_000, 0
    invoke(bpy.ops.drape.reconstruct, kind="UI")
    yield from until(lambda: part("job.preview").last is not None)
    previews: set[int] = set()
    while len(previews) < 20:
        previews.add(part("job.preview").last.stamp)
        area().tag_redraw()
        yield SOON
    invoke(bpy.ops.drape.cancel, kind="UI")
    yield SOON


def an_import() -> Iterator[float]:
    """A large result."""
    folder = write_result(Path(os.environ["REPORT"]).parent / "sheet", side=IMPORTED)
    add = timed("import of 180,000 triangles", bpy.ops.drape.import_result)
    for _ in range(REPEATS):
        add(directory=str(folder))
        yield SOON
        empty_view()


def a_measurement() -> Iterator[float]:
    """The overlay on a large mesh: measured once, then only drawn."""
    folder = write_result(Path(os.environ["REPORT"]).parent / "large", side=MEASURED)
    bpy.ops.drape.import_result(directory=str(folder))
    tracking, overlay = part("distortion.tracking"), part("distortion.overlay")
    tracking.Tracker.update = timed("metrics of a million triangles", tracking.Tracker.update)
    overlay._draw = timed("drawing the distortion", overlay._draw)
    invoke(bpy.ops.drape.show_distortion)
    yield from until(lambda: tracking.tracker.measured)
    for _ in range(REPEATS):
        for _ in range(5):
            area().tag_redraw()
            yield SOON
        tracking.tracker.measured.clear()
        tracking.tracker.update()


def timed(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """`function`, which keeps how long its calls take under `name`: pairs of seconds, by the clock and of its own."""
    spans = seen.setdefault("spans", {}).setdefault(name, [])

    def run(*arguments: Any, **options: Any) -> Any:
        clock, own = time.perf_counter(), time.thread_time()
        try:
            return function(*arguments, **options)
        finally:
            spans.append((time.perf_counter() - clock, time.thread_time() - own))

    return run


perform(work())
