# SPDX-License-Identifier: GPL-3.0-or-later
"""What may go wrong with a mesh in another program, told before it is written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import bpy
import numpy as np
from bpy.app.translations import pgettext_iface as iface_

from ..distortion import metrics, reading
from ..distortion.scales import SCALES
from ..result.add_thickness import MODIFIER as THICKNESS

SLACK = 1e-4  # of a texture's side


class Check(NamedTuple):
    """One thing that was looked at."""

    text: str
    good: bool


def of_object(context: bpy.types.Context, obj: bpy.types.Object) -> list[Check]:
    """The checks of `obj` with its modifiers, each of its UV layers by itself.

    Without the back and the rim of *Add Thickness*: that those have the texture of the front, mirrored and drawn out,
    is meant so.
    """
    with _without_thickness(obj):
        return _of_evaluated(context, obj)


def _of_evaluated(context: bpy.types.Context, obj: bpy.types.Object) -> list[Check]:
    evaluated = obj.evaluated_get(context.evaluated_depsgraph_get())
    mesh = evaluated.to_mesh()
    try:
        if not len(mesh.polygons):
            return [Check(iface_("It has no faces"), False)]
        texture = reading.texture_of(obj, context.window_manager.drape_distortion.texture_size)
        measured = {
            layer.name: metrics.measure(reading.surface_of(mesh, layer), reading.world_of(obj), texture)
            for layer in mesh.uv_layers
        }
    finally:
        evaluated.to_mesh_clear()
    if not measured:
        return [Check(iface_("It has no UVs"), False)]
    return [line for name, distortion in measured.items() for line in of_layer(name, distortion)]


@contextmanager
def _without_thickness(obj: bpy.types.Object) -> Iterator[None]:
    modifier = obj.modifiers.get(THICKNESS)
    shown = modifier is not None and modifier.show_viewport
    if shown:
        modifier.show_viewport = False
    try:
        yield
    finally:
        if shown:
            modifier.show_viewport = True


def of_layer(name: str, distortion: metrics.Distortion) -> list[Check]:
    """Whether the UVs are within the texture, how they distort it, and whether all faces have an area and a side."""
    uv = distortion.surface.uv
    outside = float(np.mean(((uv < -SLACK) | (uv > 1 + SLACK)).any(1)))
    checks = [Check(iface_("{}: UVs between 0 and 1").format(name), True)]
    if outside:
        checks = [Check(iface_("{}: {:.1%} of the UVs beyond 0 to 1").format(name, outside), False)]
    if degenerate := int(distortion.degenerate.sum()):
        checks.append(Check(iface_("{}: {:d} faces without area").format(name, degenerate), False))
    if flipped := int(distortion.flipped.sum()):
        checks.append(Check(iface_("{}: {:d} faces mirrored").format(name, flipped), False))
    figures = {metric: metrics.values_of(distortion, metric).figures for metric in ("AREA", "ANGLE")}
    if np.isfinite(figures["ANGLE"]["95 %"]):
        area, angle = SCALES["AREA"], SCALES["ANGLE"]
        low, high = (area.written(figures["AREA"][share]) for share in ("5 %", "95 %"))
        text = iface_("{}: on most of it areas are {} to {}, angles within {}")
        checks.append(Check(text.format(name, low, high, angle.written(figures["ANGLE"]["95 %"])), True))
    return checks
