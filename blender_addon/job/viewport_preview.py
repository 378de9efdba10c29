# SPDX-License-Identifier: GPL-3.0-or-later
"""Shows in the 3D viewports how the checkerboard slides over the picture: upright, where the result will stand.

Drawn over the view only, hidden together with Blender's own overlays, and not there while no job of this file runs.
"""

from __future__ import annotations

import functools
from typing import Any

import bpy
import gpu
import numpy as np
from gpu_extras.batch import batch_for_shader
from mathutils import Matrix, Vector
from numpy.typing import NDArray

from .. import redraw, shaders
from ..engine.contract.method import methods
from ..result import placement
from ..setup.environment import preferences
from . import preview
from .queue import queue

VERTEX = """
void main()
{
  place = corner;
  gl_Position = projection * vec4(position, 1.0);
}
"""
# Colours are scene-linear here: what is drawn into the 3D view is turned into sRGB afterwards.
FRAGMENT = """
void main()
{
  vec4 seen = texture(picture, place);
  vec3 bright = pow((seen.rgb + 0.055) / 1.055, vec3(2.4));
  color = vec4(mix(seen.rgb / 12.92, bright, step(vec3(0.04045), seen.rgb)), seen.a);
}
"""
CORNERS = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], np.float32)

_handler: Any = None
_size = 0.0  # metres, of the running job's longest side
_others: list[placement.Box] = []


def update() -> None:
    """Begins or ends the drawing, and has the viewports drawn again."""
    global _handler, _size, _others
    _texture_and_quad.cache_clear()
    size = _size_of_the_job() if preview.last is not None and queue.imports_here else None
    if size is None:
        hide()
        return
    _size, _others = size, placement.standing(bpy.context)
    if _handler is None:
        _handler = bpy.types.SpaceView3D.draw_handler_add(_draw, (), "WINDOW", "POST_VIEW")
    redraw.viewports()


def hide() -> None:
    """Ends the drawing."""
    global _handler
    if _handler is not None:
        bpy.types.SpaceView3D.draw_handler_remove(_handler, "WINDOW")
        _handler = None
        redraw.viewports()


def quad(alpha: NDArray[np.float32]) -> NDArray[np.float32]:
    """The corners (4, 3) of a picture whose object `alpha` (H, W) shows, bottom row first: upright over the x axis, the
    middle of the object's base at the origin, its longer side 1."""
    rows, columns = (np.flatnonzero((alpha > 0.5).any(axis)) for axis in (1, 0))
    (left, right), (bottom, top) = ((line[0], line[-1] + 1) for line in (columns, rows))
    x, z = ((CORNERS * alpha.shape[::-1] - [(left + right) / 2, bottom]) / max(right - left, top - bottom)).T
    return np.stack([x, np.zeros(4), z], 1).astype(np.float32)


def _size_of_the_job() -> float | None:
    """The longest side of what the session's job makes; None where its previews don't stand as the picture does."""
    entry = queue.last
    method = methods()[entry.params["method"]] if entry is not None else None
    if entry is None or method is None or not method.upright_previews:
        return None
    size: float = method.resolve(entry.params["preset"], entry.params["overrides"]).size
    return size


def _draw() -> None:
    context = bpy.context
    if not (preferences().viewport_preview and context.space_data.overlay.show_overlays):
        return
    box = _size * np.array([(-0.5, 0, 0), (0.5, 0, 1)])
    location, factor = placement.spot(context, (box[0], box[1]), _others)
    matrix = context.region_data.perspective_matrix @ Matrix.LocRotScale(location, None, Vector([factor * _size] * 3))
    texture, corners = _texture_and_quad()
    shader = _shader()
    gpu.state.blend_set("ALPHA")
    gpu.state.depth_test_set("LESS_EQUAL")
    try:
        shader.bind()
        shader.uniform_float("projection", matrix)
        shader.uniform_sampler("picture", texture)
        corners.draw(shader)
    finally:
        gpu.state.depth_test_set("NONE")
        gpu.state.blend_set("NONE")


@functools.cache
def _texture_and_quad() -> tuple[gpu.types.GPUTexture, gpu.types.GPUBatch]:
    """The last preview on the graphics card."""
    assert preview.last is not None
    pixels = preview.last.pixels
    height, width = pixels.shape[:2]
    values = gpu.types.Buffer("FLOAT", pixels.size, pixels.ravel())
    texture = gpu.types.GPUTexture((width, height), format="RGBA16F", data=values)
    corners = {"position": quad(pixels[..., 3]), "corner": CORNERS}
    return texture, batch_for_shader(_shader(), "TRI_FAN", corners)


@functools.cache
def _shader() -> gpu.types.GPUShader:
    return shaders.shader(
        "drape_viewport_preview", VERTEX, FRAGMENT,
        constants={"projection": "MAT4"}, inputs={"position": "VEC3", "corner": "VEC2"},
        passed=("VEC2", "place"), textures=("picture",),
    )  # fmt: skip


def register() -> None:
    """Notices new previews."""
    preview.when_shown.append(update)


def unregister() -> None:
    """Undoes that."""
    preview.when_shown.remove(update)
    hide()
    _texture_and_quad.cache_clear()
    _shader.cache_clear()
