# SPDX-License-Identifier: GPL-3.0-or-later
"""The legend in the corner of the 3D viewport: what the colours mean, the figures, and the value under the cursor."""

from __future__ import annotations

import functools

import blf
import bpy
import gpu
import numpy as np
from bpy.app.translations import pgettext_iface as iface_
from gpu_extras.batch import batch_for_shader

from . import probe, reading, tracking
from .scales import BROKEN, Color, colors_of, gradient

TICKS = 5
# In pixels at interface scale 1.
WIDTH, BAR, LINE, MARGIN, PADDING, FONT = 260, 14, 17, 16, 10, 11
STEPS = 64


def draw() -> None:
    """Draws it at the bottom right, left of the sidebar; smaller where there is not room enough."""
    context = bpy.context
    if not context.space_data.overlay.show_overlays:
        return
    options, lines = context.window_manager.drape_distortion, _lines()
    width, height = WIDTH, BAR + LINE * (len(lines) + 2) + 2 * PADDING
    left, right, bottom, top = _free(context)
    room = min((right - left) / (width + 2 * MARGIN), (top - bottom) / (height + 2 * MARGIN))
    scale = min(context.preferences.system.ui_scale, room)
    if scale <= 0:
        return
    width, height = width * scale, height * scale
    left, bottom = right - width - MARGIN * scale, bottom + MARGIN * scale
    theme = context.preferences.themes[0].user_interface.wcol_tooltip
    text = (*theme.text, 1.0)
    inner = left + PADDING * scale
    gpu.state.blend_set("ALPHA")
    try:
        _box(left, bottom, width, height, tuple(theme.inner))
        y = bottom + height - PADDING * scale
        y -= LINE * scale
        _write(f"{iface_('UV Distortion')}: {iface_(options.scale.label)}", inner, y + 5 * scale, text, scale)
        y -= BAR * scale
        bar = width - 2 * PADDING * scale
        _gradient(colors_of(options.metric, options.colors == "UV_EDITOR"), inner, y, bar, BAR * scale)
        y -= LINE * scale
        for number, value in enumerate(np.linspace(options.range[0], options.range[1], TICKS)):
            fraction = number / (TICKS - 1)
            _write(options.scale.written(float(value)), inner + fraction * bar, y + 3 * scale, text, scale, fraction)
        for name, value, color in lines:
            y -= LINE * scale
            if color:
                _box(inner, y + 2 * scale, 9 * scale, 9 * scale, (*color, 1.0))
            _write(name, inner + (15 * scale if color else 0), y + 3 * scale, text, scale)
            _write(value, inner + bar, y + 3 * scale, text, scale, 1.0)
    finally:
        gpu.state.blend_set("NONE")


def _lines() -> list[tuple[str, str, Color | None]]:
    """Names and numbers below the bar, with a colour where one stands for it."""
    written = bpy.context.window_manager.drape_distortion.scale.written
    measured = list(tracking.tracker.measured.values())
    if not measured:
        text = "Measuring" if reading.chosen(bpy.context) else "Select a mesh with UVs"
        return [(iface_(text), "", None)]
    lines: list[tuple[str, str, Color | None]] = []
    if len(measured) == 1:
        lines = [
            (iface_(name.capitalize()), written(value), None) for name, value in measured[0].values.figures.items()
        ]
    else:
        lines = [(iface_("Objects"), str(len(measured)), None)]
    for name, kind in (("Flipped", "flipped"), ("Degenerate", "degenerate")):
        count = sum(int(getattr(one.values.distortion, kind).sum()) for one in measured)
        if count:
            lines.append((iface_(name), f"{count:,}", BROKEN))
    return [*lines, (iface_("Under the cursor"), probe.text() or "-", None)]


def _free(context: bpy.types.Context) -> tuple[float, float, float, float]:
    """Left, right, bottom and top of what the regions that lie over the viewport leave free."""
    left, right, bottom, top = 0, context.region.width, 0, context.region.height
    if context.preferences.system.use_region_overlap:
        for region in context.area.regions:
            if region.type == "UI" and region.width > 1 and region.alignment == "RIGHT":
                right -= region.width
            elif region.type == "TOOLS" and region.width > 1 and region.alignment == "LEFT":
                left += region.width
            elif region.type == "ASSET_SHELF" and region.height > 1:
                bottom += region.height
            elif region.type in ("HEADER", "TOOL_HEADER") and region.height > 1 and region.alignment == "TOP":
                top -= region.height
    return left, right, bottom, top


def _write(text: str, x: float, y: float, color: tuple[float, ...], scale: float, alignment: float = 0.0) -> None:
    """`alignment` 0: begins at `x`; 1: ends there."""
    blf.size(0, FONT * scale)
    blf.color(0, *color)
    blf.position(0, x - alignment * blf.dimensions(0, text)[0], y, 0)
    blf.draw(0, text)


def _box(x: float, y: float, width: float, height: float, color: tuple[float, ...]) -> None:
    shader = gpu.shader.from_builtin("UNIFORM_COLOR")
    shader.uniform_float("color", color)
    _draw(_square(), shader, x, y, width, height)


def _gradient(colors: tuple[Color, ...], x: float, y: float, width: float, height: float) -> None:
    _draw(_strip(colors), gpu.shader.from_builtin("SMOOTH_COLOR"), x, y, width, height)


def _draw(
    batch: gpu.types.GPUBatch, shader: gpu.types.GPUShader, x: float, y: float, width: float, height: float
) -> None:
    with gpu.matrix.push_pop():
        gpu.matrix.translate((x, y))
        gpu.matrix.scale((width, height))
        batch.draw(shader)


@functools.cache
def _square() -> gpu.types.GPUBatch:
    corners = {"pos": ((0, 0), (1, 0), (0, 1), (1, 1))}
    return batch_for_shader(gpu.shader.from_builtin("UNIFORM_COLOR"), "TRI_STRIP", corners)


@functools.cache
def _strip(colors: tuple[Color, ...]) -> gpu.types.GPUBatch:
    places = [(x, y) for x in np.linspace(0, 1, STEPS) for y in (0, 1)]
    values = np.repeat(gradient(colors, STEPS), 2, 0)
    return batch_for_shader(gpu.shader.from_builtin("SMOOTH_COLOR"), "TRI_STRIP", {"pos": places, "color": values})


def unregister() -> None:
    """Frees what lies on the graphics card."""
    _square.cache_clear()
    _strip.cache_clear()
