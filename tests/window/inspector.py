# SPDX-License-Identifier: GPL-3.0-or-later
"""The distortion looked at in Blender's window, one step after the other; run by Blender itself (`--python`)."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.window.acting import (
    PATIENCE,
    SOON,
    area,
    empty_view,
    invoke,
    move_mouse,
    part,
    perform,
    pixel_of,
    pixels,
    seen,
    space,
    undo,
    undo_step,
    until,
    view,
)

LEFT, RIGHT = (-1.0, 0.0, 0.0), (1.0, 0.0, 0.0)  # on the two faces


def work() -> Iterator[float]:
    """The steps; yields the seconds to the next one, in which Blender draws and listens."""
    empty_view()
    view().view_perspective, view().view_location, view().view_distance = "ORTHO", (0, 0, 0), 6.0
    view().view_rotation = (1, 0, 0, 0)
    add_quads()
    before = handlers()
    seen["pixels before"] = yield from pixels(LEFT, RIGHT)
    invoke(bpy.ops.drape.show_distortion)
    yield from until(lambda: bool(tracker().measured))
    options = bpy.context.window_manager.drape_distortion
    options.opacity = 1.0
    for shading in ("SOLID", "WIREFRAME"):
        space().shading.type = shading
        seen[f"pixels {shading}"] = yield from pixels(LEFT, RIGHT)
    space().shading.type = "SOLID"
    first = {one.version for one in tracker().measured.values()}
    options.colors = "UV_EDITOR"
    seen["pixels as in the UV editor"] = yield from pixels(LEFT, RIGHT)
    options.low, options.high = -90, 0
    seen["pixels with another range"] = yield from pixels(LEFT, RIGHT)
    seen["new batches for colours and range"] = first != {one.version for one in tracker().measured.values()}
    options.colors, options.low, options.high = "SAFE", 0, 45

    for _ in range(PATIENCE):  # the mouse moves until the viewport has noticed
        if probe().text():
            break
        move_mouse(*pixel_of(RIGHT))
        yield SOON
    seen["under the cursor"] = probe().text()

    invoke(bpy.ops.object.mode_set, mode="EDIT")
    yield SOON
    seen["pixels in edit mode"] = yield from pixels(LEFT, RIGHT)
    invoke(bpy.ops.object.mode_set, mode="OBJECT")
    yield from at_rest()
    version = {one.version for one in tracker().measured.values()}
    for _ in range(5):
        area().tag_redraw()
        yield SOON
    seen["measures while idle"] = version != {one.version for one in tracker().measured.values()}
    seen["timer while idle"] = bpy.app.timers.is_registered(part("distortion.tracking")._update)

    widen()
    yield from at_rest()
    seen["pixels after an edit"] = yield from pixels(LEFT, RIGHT)
    undo()
    yield from at_rest()
    seen["pixels after undo"] = yield from pixels(LEFT, RIGHT)

    space().overlay.show_overlays = False
    seen["pixels without overlays"] = yield from pixels(LEFT, RIGHT)
    space().overlay.show_overlays = True
    invoke(bpy.ops.drape.show_distortion)
    seen["pixels after"] = yield from pixels(LEFT, RIGHT)
    seen["handlers left"] = handlers() != before
    invoke(bpy.ops.drape.show_distortion)
    yield from at_rest()
    invoke(bpy.ops.preferences.addon_disable, module="bl_ext.user_default.drape")
    yield SOON
    seen["handlers left when disabled"] = handlers()["depsgraph_update_post"] > before["depsgraph_update_post"]


def add_quads() -> None:
    """A face on the left whose UVs are right, one on the right whose are four times as wide as they should be."""
    vertices = [(x + i, j, 0) for x in (-1.5, 0.5) for i, j in ((0, -1), (1, -1), (1, 1), (0, 1))]
    mesh = bpy.data.meshes.new("quads")
    mesh.from_pydata(vertices, [], [(0, 1, 2, 3), (4, 5, 6, 7)])
    layer = mesh.uv_layers.new()
    for corner, (x, y, _) in zip(layer.uv, vertices, strict=True):
        corner.vector = (x / 4, y / 4) if x < 0 else (x, y / 4)
    thing = bpy.data.objects.new("quads", mesh)
    bpy.context.scene.collection.objects.link(thing)
    thing.select_set(True)
    bpy.context.view_layer.objects.active = thing
    undo_step("Quads")


def widen() -> None:
    """Makes the right square as wide as its UVs are."""
    mesh = bpy.context.object.data
    for vertex in mesh.vertices:
        if vertex.co.x == 1.5:
            vertex.co.x = 4.5
    mesh.update()
    undo_step("Widen")


def at_rest() -> Iterator[float]:
    """Waits until there is nothing left to measure."""
    yield SOON
    yield from until(lambda: not bpy.app.timers.is_registered(part("distortion.tracking")._update))


def handlers() -> dict[str, int]:
    """How many handlers there are."""
    names = [name for name in dir(bpy.app.handlers) if isinstance(getattr(bpy.app.handlers, name), list)]
    return {name: len(getattr(bpy.app.handlers, name)) for name in names}


def tracker() -> Any:
    """What is measured."""
    return part("distortion.tracking").tracker


def probe() -> Any:
    """What is under the cursor."""
    return part("distortion.probe")


perform(work())
