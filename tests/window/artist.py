# SPDX-License-Identifier: GPL-3.0-or-later
"""What an artist does in Blender's window, one step after the other; run by Blender itself (`--python`).

Writes what she sees to the file named by REPORT, as JSON, and quits. SAMPLE names the picture she opens.
"""

from __future__ import annotations

import importlib
import json
import os
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy

SOON = 0.2  # seconds
seen: dict[str, Any] = {}


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

    invoke(bpy.ops.drape.reconstruct)
    seen["returned while"] = state.state
    seen["phases"], seen["progress"] = [], []
    while state.state == "RUNNING":
        if state.phase not in seen["phases"]:
            seen["phases"].append(state.phase)
            bpy.data.objects["Cube"].location.x += 1  # she works on
            invoke_undo_push()
        seen["progress"].append(state.progress)
        yield SOON
    yield SOON
    seen["state"], seen["error"] = state.state, state.error
    seen["imported"] = sorted(set(bpy.data.objects.keys()) - before)
    seen["cube"] = bpy.data.objects["Cube"].location.x

    invoke(bpy.ops.drape.toggle_virtual_texture)
    viewport = next(area for area in window().screen.areas if area.type == "VIEW_3D").spaces.active
    seen["viewport"] = viewport.shading.type
    viewport.shading.type = "SOLID"

    for _ in range(2):  # the switch, then the import
        with bpy.context.temp_override(window=window()):
            bpy.ops.ed.undo()
        yield SOON
    seen["left after undo"] = sorted(set(bpy.data.objects.keys()) - before)
    seen["cube after undo"] = bpy.data.objects["Cube"].location.x
    with bpy.context.temp_override(window=window()):
        bpy.ops.ed.redo()
    yield SOON
    seen["there after redo"] = sorted(set(bpy.data.objects.keys()) - before)

    bpy.context.object["drape_verdict"] = "collapsed"
    invoke(bpy.ops.drape.check_engine)
    while not client().checks:
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
    seen["job"], seen["worker"] = state.folder, client().session._child._process.pid  # and she quits


def open_sidebar(editor: str) -> Iterator[float]:
    """Opens an editor's sidebar on our tab, which can be chosen once it was drawn."""
    area = next(area for area in window().screen.areas if area.type == editor)
    area.spaces.active.show_region_ui = True
    region = next(region for region in area.regions if region.type == "UI")
    while True:
        area.tag_redraw()
        yield SOON
        try:
            region.active_panel_category = "Drape"
        except AttributeError:
            continue
        break
    yield SOON
    seen[editor] = region.active_panel_category


def window() -> bpy.types.Window:
    """The one window there is."""
    return bpy.context.window_manager.windows[0]


def chosen() -> Any:
    """What she has chosen; looked up each time, since undo replaces the scene."""
    return bpy.context.scene.drape


def invoke(operator: Any) -> None:
    """Calls `operator` as its button in the sidebar does."""
    area = next(area for area in window().screen.areas if area.type == "VIEW_3D")
    region = next(region for region in area.regions if region.type == "UI")
    with bpy.context.temp_override(window=window(), area=area, region=region):
        operator("INVOKE_DEFAULT", True)


def invoke_undo_push() -> None:
    """What moving an object by hand does at its end."""
    with bpy.context.temp_override(window=window()):
        bpy.ops.ed.undo_push(message="Move")


def shown_image() -> str:
    """What the Image Editor shows, and in which mode; empty where there is none."""
    for area in window().screen.areas:
        if area.ui_type == "IMAGE_EDITOR" and area.spaces.active.image:
            return f"{area.spaces.active.image.name}, {area.spaces.active.mode}"
    return ""


def client() -> Any:
    """What the extension knows of its engine."""
    return importlib.import_module("bl_ext.user_default.drape.watch").watch


def draws_without_error() -> bool:
    """Draws the overlay within its area, as Blender does when the area is drawn."""
    mask_overlay = importlib.import_module("bl_ext.user_default.drape.mask_overlay")
    area = next(area for area in window().screen.areas if area.ui_type == "IMAGE_EDITOR")
    region = next(region for region in area.regions if region.type == "WINDOW")
    with bpy.context.temp_override(window=window(), area=area, region=region):
        mask_overlay.draw()
        return bool(mask_overlay.is_shown())


bpy.context.preferences.view.show_splash = False  # now: the first timer is too late for it
steps = work()


def step() -> float | None:
    """One step; at the end, good or bad, the report."""
    try:
        return next(steps)
    except StopIteration:
        pass
    except Exception:
        seen["traceback"] = traceback.format_exc()
    Path(os.environ["REPORT"]).write_text(json.dumps(seen, indent=2))
    bpy.ops.wm.quit_blender()
    return None


bpy.app.timers.register(step, first_interval=SOON)
