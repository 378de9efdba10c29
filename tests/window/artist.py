# SPDX-License-Identifier: GPL-3.0-or-later
"""What an artist does in Blender's window, one step after the other; run by Blender itself (`--python`).

SAMPLE names the picture she opens.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.window import acting
from tests.window.acting import SOON, open_sidebar, part, seen, undo, undo_step, window


def work() -> Iterator[float]:
    """Her steps; yields the seconds to the next one, in which Blender draws and listens."""
    yield from open_sidebar("VIEW_3D")
    state = bpy.context.window_manager.drape
    chosen().picture = bpy.data.images.load(os.environ["SAMPLE"])
    chosen().guidance, chosen().device = "embedded", "cpu"
    chosen().dreamtexture.resolution = 64
    before = set(bpy.data.objects.keys())

    invoke(bpy.ops.drape.show_cutout)
    while state.error == "" and not shown_image():
        yield SOON
    seen["cut-out"] = shown_image()
    invoke(bpy.ops.drape.paint_mask)
    while chosen().mask is None:
        yield SOON
    yield SOON
    seen["painting"] = shown_image()
    seen["draws the picture over its mask"] = draws_without_error()
    yield from drop_and_pick()

    invoke(bpy.ops.drape.reconstruct)
    seen["returned while"] = state.state
    seen["phases"], seen["progress"] = [], []
    while state.state == "RUNNING":
        if state.phase not in seen["phases"]:
            seen["phases"].append(state.phase)
            bpy.data.objects["Cube"].location.x += 1  # she works on
            undo_step("Move")
        seen["progress"].append(state.progress)
        yield SOON
    yield SOON
    seen["state"], seen["error"] = state.state, state.error
    seen["imported"] = sorted(set(bpy.data.objects.keys()) - before)
    seen["cube"] = bpy.data.objects["Cube"].location.x

    acting.invoke(bpy.ops.drape.show_texture, kind="UI", content="Virtual Texture")
    viewport = acting.area().spaces.active
    seen["viewport"] = viewport.shading.type
    viewport.shading.type = "SOLID"

    for _ in range(2):  # the switch, then the import
        undo()
        yield SOON
    seen["left after undo"] = sorted(set(bpy.data.objects.keys()) - before)
    seen["cube after undo"] = bpy.data.objects["Cube"].location.x
    with bpy.context.temp_override(window=window()):
        bpy.ops.ed.redo()
    yield SOON
    seen["there after redo"] = sorted(set(bpy.data.objects.keys()) - before)

    manager, turntable = bpy.context.window_manager, part("result.turntable")
    seen["turns unasked"] = bpy.app.timers.is_registered(turntable._turn)
    manager.drape_turntable, step = True, turntable._step
    yield from open_sidebar("VIEW_3D")
    yield from acting.until(lambda: turntable._step > step + 2)
    manager.drape_turntable = False
    yield from acting.until(lambda: not bpy.app.timers.is_registered(turntable._turn))

    bpy.context.object["drape_verdict"] = "collapsed"
    invoke(bpy.ops.drape.check_engine)
    while not part("runner").runner.checks:
        yield SOON
    chosen().guidance = "nobody/no-such-model"
    invoke(bpy.ops.drape.another_seed)
    while state.state == "RUNNING":
        yield SOON
    yield from open_sidebar("IMAGE_EDITOR")
    seen["told"] = state.error
    chosen().guidance = "embedded"

    invoke(bpy.ops.drape.reconstruct)
    while state.phase != "Aligning texture":
        yield SOON
    invoke(bpy.ops.drape.cancel)
    seen["after cancel"] = state.state
    yield SOON
    seen["can resume"] = bpy.ops.drape.resume.poll()

    invoke(bpy.ops.drape.resume)
    while not state.progress:
        yield SOON
    seen["job"], seen["worker"] = state.folder, part("runner").runner.session._child._process.pid  # and she quits


def drop_and_pick() -> Iterator[float]:
    """She drops the picture on the sidebar of the Image Editor, then clicks on the object in the mask."""
    yield from open_sidebar("IMAGE_EDITOR")
    mask, sample = chosen().mask, Path(os.environ["SAMPLE"])
    editor = {"window": window(), "area": acting.area("IMAGE_EDITOR")}
    with bpy.context.temp_override(**editor, region=acting.region("IMAGE_EDITOR", "UI")):
        bpy.ops.wm.drop_import_file("INVOKE_DEFAULT", directory=f"{sample.parent}/", files=[{"name": sample.name}])
    yield SOON
    seen["dropped"] = (chosen().picture.name, chosen().mask is None)

    chosen().mask = mask
    invoke(bpy.ops.drape.pick_object)
    yield SOON
    canvas = acting.region("IMAGE_EDITOR")
    x, y = canvas.view2d.view_to_region(0.4, 0.4)
    acting.move_mouse(canvas.x + x, canvas.y + y)
    yield SOON
    acting.press("LEFTMOUSE", canvas.x + x, canvas.y + y)
    yield SOON
    seen["picked"] = (chosen().mask != mask, tuple(chosen().mask.size) == tuple(mask.size), shown_image())


def chosen() -> Any:
    """What she has chosen; looked up each time, since undo replaces the scene."""
    return bpy.context.scene.drape


def invoke(operator: Any) -> None:
    """Calls `operator` as its button in the sidebar does."""
    acting.invoke(operator, kind="UI")


def shown_image() -> str:
    """What the Image Editor shows, and in which mode; empty where there is none."""
    for area in window().screen.areas:
        if area.ui_type == "IMAGE_EDITOR" and area.spaces.active.image:
            return f"{area.spaces.active.image.name}, {area.spaces.active.mode}"
    return ""


def draws_without_error() -> bool:
    """Draws the overlay within its area, as Blender does when the area is drawn."""
    area, region = acting.area("IMAGE_EDITOR"), acting.region("IMAGE_EDITOR")
    with bpy.context.temp_override(window=window(), area=area, region=region):
        part("picture.mask_overlay").draw()
        return bool(part("picture.mask_overlay").is_shown())


acting.perform(work())
