# SPDX-License-Identifier: GPL-3.0-or-later
"""The alignment watched in Blender's window, by clicks alone; run by Blender itself (`--python`).

SAMPLE names the picture.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.window.acting import (
    SOON,
    area,
    click,
    empty_view,
    move_mouse,
    open_sidebar,
    part,
    perform,
    pixels,
    press,
    region,
    seen,
    undo_step,
    until,
    view,
    window,
)

BODY, BESIDE = (0.0, 0.0, 0.35), (0.0, 0.0, 1.2)  # of the jug, over the 3D cursor
LOOKS = 4


def work() -> Iterator[float]:
    """The steps; yields the seconds to the next one, in which Blender draws and listens."""
    yield from open_sidebar("VIEW_3D")
    empty_view()
    undo_step("Empty")
    before = data()
    chosen().picture = bpy.data.images.load(os.environ["SAMPLE"])
    chosen().guidance, chosen().device = "embedded", "cpu"
    chosen().dreamtexture.resolution, chosen().dreamtexture.steps, chosen().dreamtexture.patience = 64, 100_000, 0

    yield from click("bpy.ops.drape.reconstruct()")
    yield from until(lambda: preview().last is not None or state().error)
    seen["progress"], seen["previews"], seen["orbit"], seen["pixels"] = [], [], [], []
    while len(seen["pixels"]) < LOOKS:
        stamp = preview().last.stamp
        yield from orbit()
        yield from until(partial(is_another, stamp))
        seen["orbit"].append(list(view().view_rotation))
        seen["progress"].append(state().progress)
        seen["previews"].append(preview().last.stamp / 1e9)
        seen["pixels"].append((yield from pixels(BODY, BESIDE)))
    options = part("setup.environment").preferences()
    options.viewport_preview = False
    seen["pixels switched off"] = yield from pixels(BODY, BESIDE)
    options.viewport_preview = True
    seen["data meanwhile"] = data() == before | {"images": [*before["images"], "sample.png"]}

    yield from click("bpy.ops.drape.cancel()", across=0.83)
    seen["after cancel"] = state().state
    yield from until(lambda: preview().last is None)
    seen["pixels after cancel"] = yield from pixels(BODY, BESIDE)

    chosen().dreamtexture.steps = 5
    yield from click("bpy.ops.drape.reconstruct()")
    seen["after the second click"] = state().state
    yield from until(lambda: state().state != "RUNNING")
    seen["result"] = (state().state, [thing.name for thing in bpy.data.objects if thing.type == "MESH"])
    seen["pixels after import"] = yield from pixels(BODY, BESIDE)
    over_the_view = (region().x + region().width / 3, region().y + region().height / 2)
    move_mouse(*over_the_view)
    yield SOON
    press("Z", *over_the_view, ctrl=True)
    yield SOON
    seen["meshes after undo"] = [thing.name for thing in bpy.data.objects if thing.type == "MESH"]


def orbit() -> Iterator[float]:
    """Turns the view by dragging, while all goes on."""
    x, y = region().x + region().width / 3, region().y + region().height / 2
    move_mouse(x, y)
    yield SOON / 2
    window().event_simulate(type="MIDDLEMOUSE", value="PRESS", x=int(x), y=int(y))
    for _ in range(3):
        x += 4
        yield SOON / 4
        window().event_simulate(type="MOUSEMOVE", value="NOTHING", x=int(x), y=int(y))
    window().event_simulate(type="MIDDLEMOUSE", value="RELEASE", x=int(x), y=int(y))
    area().tag_redraw()
    yield SOON / 2


def is_another(stamp: int) -> bool:
    """Whether there is another preview than the one with this stamp."""
    return bool(preview().last.stamp != stamp)


def data() -> dict[str, list[str]]:
    """The names of all that is in the file."""
    kinds = ("images", "materials", "meshes", "objects", "scenes", "textures")
    return {kind: sorted(one.name for one in getattr(bpy.data, kind)) for kind in kinds}


def chosen() -> Any:
    """What is chosen; looked up each time, since undo replaces the scene."""
    return bpy.context.scene.drape


def state() -> Any:
    """How the job goes."""
    return bpy.context.window_manager.drape


def preview() -> Any:
    """The part that reads previews."""
    return part("job.preview")


perform(work())
