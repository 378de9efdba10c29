# SPDX-License-Identifier: GPL-3.0-or-later
"""Lays the distortion over the meshes in the 3D viewports; touches no data, and is not there while it is off.

Hidden together with Blender's own overlays. The mesh goes to the graphics card with one number for each corner: range,
colours and opacity change without a new batch.
"""

from __future__ import annotations

import functools
from typing import Any

import bpy
import gpu
import numpy as np
from bpy.app.handlers import persistent
from gpu_extras.batch import batch_for_shader

from .. import redraw, shaders
from . import legend, probe, reading, tracking
from .scales import BROKEN, Color, colors_of, gradient, linear
from .tracking import Measured

BROKEN_VALUE = 1e30  # stands for no number: flipped or degenerate
STEPS = 256  # of the colours
LIFT = 1e-3  # so much of its distance to the viewer is a mesh drawn nearer than it is, or both would flicker

VERTEX = """
void main()
{
  number = value;
  gl_Position = projection * vec4(position, 1.0);
  gl_Position.z += lift;
}
"""
# Colours are scene-linear here: what is drawn into the 3D view is turned into sRGB afterwards.
FRAGMENT = """
void main()
{
  float along = clamp((number - low) / (high - low), 0.0, 1.0);
  vec4 shown = texture(gradient, vec2((along * 255.0 + 0.5) / 256.0, 0.5));
  color = vec4(number > 1e29 ? broken : shown.rgb, opacity);
}
"""

_handlers: list[Any] = []
_batches: dict[int, gpu.types.GPUBatch] = {}  # by the version of what is measured


def is_shown() -> bool:
    """Whether the overlay is on."""
    return bool(_handlers)


def show() -> None:
    """Turns the overlay on."""
    for draw, event in ((_draw, "POST_VIEW"), (legend.draw, "POST_PIXEL")):
        _handlers.append(bpy.types.SpaceView3D.draw_handler_add(draw, (), "WINDOW", event))
    bpy.app.handlers.depsgraph_update_post.append(_after_update)
    bpy.app.handlers.load_post.append(_after_load)
    probe.show()
    tracking.tracker.schedule()


def hide() -> None:
    """Turns it off, and forgets all that was measured."""
    probe.hide()
    bpy.app.handlers.load_post.remove(_after_load)
    bpy.app.handlers.depsgraph_update_post.remove(_after_update)
    while _handlers:
        bpy.types.SpaceView3D.draw_handler_remove(_handlers.pop(), "WINDOW")
    tracking.tracker.forget()
    _batches.clear()
    redraw.viewports()


@persistent
def _after_update(_: bpy.types.Scene, depsgraph: bpy.types.Depsgraph) -> None:
    tracking.tracker.note(depsgraph)


@persistent
def _after_load(*_: object) -> None:
    tracking.tracker.forget()
    tracking.tracker.schedule()
    probe.show()  # another file has other gizmos


def _draw() -> None:
    context = bpy.context
    if not context.space_data.overlay.show_overlays:
        return
    measured = tracking.tracker.measured
    for version in _batches.keys() - {one.version for one in measured.values()}:
        del _batches[version]
    objects = [
        (obj, measured[obj.session_uid])
        for obj in reading.chosen(context)
        if obj.session_uid in measured and obj.visible_in_viewport_get(context.space_data)
    ]
    options = context.window_manager.drape_distortion
    low, high = options.range
    shader = _shader()
    shader.bind()
    shader.uniform_float("low", low)
    shader.uniform_float("high", high)
    shader.uniform_float("opacity", options.opacity)
    shader.uniform_float("lift", _lift(context.region_data))
    shader.uniform_float("broken", linear(np.array(BROKEN)))
    shader.uniform_sampler("gradient", _gradient(colors_of(options.metric, options.colors == "UV_EDITOR")))
    gpu.state.blend_set("ALPHA")
    gpu.state.depth_test_set("LESS_EQUAL")
    try:
        # First the depth alone: of what shines through, only the nearest is to be seen.
        for colors in (False, True):
            gpu.state.depth_mask_set(not colors)
            gpu.state.color_mask_set(colors, colors, colors, colors)
            for obj, one in objects:
                shader.uniform_float("projection", context.region_data.perspective_matrix @ obj.matrix_world)
                _batch(one).draw(shader)
    finally:
        gpu.state.color_mask_set(True, True, True, True)
        gpu.state.depth_mask_set(False)
        gpu.state.depth_test_set("NONE")
        gpu.state.blend_set("NONE")


def _lift(view: bpy.types.RegionView3D) -> float:
    """What brings a point by LIFT nearer, added to z in clip space.

    With a perspective projection z = A w + B there, so to divide the distance w by 1 + LIFT is to add LIFT B to z w.
    """
    matrix = view.window_matrix
    return float(LIFT * (matrix[2][3] if view.is_perspective else matrix[2][2] * view.view_distance))


def _batch(one: Measured) -> gpu.types.GPUBatch:
    if one.version not in _batches:
        distortion = one.values.distortion
        surface, broken = distortion.surface, distortion.surface.to_corners(distortion.broken)
        numbers = np.where(broken, BROKEN_VALUE, one.values.of_corners).astype(np.float32)
        triangles = surface.triangles[~one.hidden[surface.faces]].ravel()
        _batches[one.version] = batch_for_shader(
            _shader(),
            "TRIS",
            {"position": surface.vertices[surface.corners[triangles]], "value": numbers[triangles]},
        )
    return _batches[one.version]


@functools.cache
def _gradient(colors: tuple[Color, ...]) -> gpu.types.GPUTexture:
    values = gpu.types.Buffer("FLOAT", STEPS * 4, linear(gradient(colors, STEPS)).ravel())
    return gpu.types.GPUTexture((STEPS, 1), format="RGBA16F", data=values)


@functools.cache
def _shader() -> gpu.types.GPUShader:
    numbers = dict.fromkeys(("low", "high", "opacity", "lift"), "FLOAT")
    return shaders.shader(
        "drape_distortion", VERTEX, FRAGMENT,
        constants={"projection": "MAT4", "broken": "VEC3", **numbers},
        inputs={"position": "VEC3", "value": "FLOAT"}, passed=("FLOAT", "number"), textures=("gradient",),
    )  # fmt: skip


def unregister() -> None:
    """Turns it off."""
    if is_shown():
        hide()
    _shader.cache_clear()
    _gradient.cache_clear()
