# SPDX-License-Identifier: GPL-3.0-or-later
"""Lays the picture over its mask in the Image Editor, so that she who paints the mask sees what she does: clear is what
is kept, red what isn't, as in the cut-out.

Drawn over the view only, and hidden together with Blender's own overlays.
"""

from __future__ import annotations

import functools
from typing import Any

import bpy
import gpu
from gpu_extras.batch import batch_for_shader

from .. import shaders
from .cutout import TINT, TINT_STRENGTH

CORNERS = ((0, 0), (1, 0), (1, 1), (0, 1))  # the image's own coordinates, which are those of the view

VERTEX = """
void main()
{
  uv = corner;
  gl_Position = ModelViewProjectionMatrix * vec4(corner, 0.0, 1.0);
}
"""
# Textures of images are scene-linear, and so is what is drawn over them: Blender turns it into sRGB later. They are
# mixed as the cut-out mixes them, in (about) sRGB.
FRAGMENT = """
void main()
{
  vec3 seen = pow(max(texture(picture, uv).rgb, vec3(0.0)), vec3(1.0 / 2.2));
  float left_out = strength * (1.0 - clamp(texture(mask, uv).r, 0.0, 1.0));
  color = vec4(pow(mix(seen, tint, left_out), vec3(2.2)), 1.0);
}
"""

_handler: Any = None


def is_shown() -> bool:
    """Whether the Image Editor of the context shows the mask, and there is a picture to lay over it."""
    context = bpy.context
    chosen, space = context.scene.drape, context.space_data
    shows_mask = chosen.mask is not None and space.image == chosen.mask and space.overlay.show_overlays
    return shows_mask and chosen.picture is not None and bool(chosen.picture.size[0])


def draw() -> None:
    """Draws the picture where the Image Editor shows the mask."""
    if not is_shown():
        return
    shader, quad = _shader_and_quad()
    shader.bind()
    shader.uniform_float("tint", TINT.tolist())
    shader.uniform_float("strength", TINT_STRENGTH)
    for name in ("picture", "mask"):
        shader.uniform_sampler(name, gpu.texture.from_image(getattr(bpy.context.scene.drape, name)))
    quad.draw(shader)


@functools.cache
def _shader_and_quad() -> tuple[gpu.types.GPUShader, gpu.types.GPUBatch]:
    shader = shaders.shader(
        "drape_mask_overlay", VERTEX, FRAGMENT,
        constants={"ModelViewProjectionMatrix": "MAT4", "tint": "VEC3", "strength": "FLOAT"}, inputs={"corner": "VEC2"},
        passed=("VEC2", "uv"), textures=("picture", "mask"),
    )  # fmt: skip
    return shader, batch_for_shader(shader, "TRI_FAN", {"corner": CORNERS})


def register() -> None:
    """Adds the drawing to the Image Editor."""
    global _handler
    _handler = bpy.types.SpaceImageEditor.draw_handler_add(draw, (), "WINDOW", "POST_VIEW")


def unregister() -> None:
    """Removes the drawing."""
    bpy.types.SpaceImageEditor.draw_handler_remove(_handler, "WINDOW")
    _shader_and_quad.cache_clear()
