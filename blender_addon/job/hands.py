# SPDX-License-Identifier: GPL-3.0-or-later
"""What the artist has in hand while a job runs: if she works on, it takes neither her selection nor her view."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import bpy
from mathutils import Euler, Vector

FRONT = Vector((0, -1, 0))  # what a result faces
ROOM = 1.5  # so that the sidebar covers nothing of what is framed
EDGE_ON = math.cos(math.radians(70))
THREE_QUARTER = Euler((math.radians(70), 0, math.radians(30))).to_quaternion()


class Hands(NamedTuple):
    """What she has in hand: the mode, the active object, and what is selected."""

    mode: str
    active: str
    selected: frozenset[str]


def at_work() -> Hands:
    """What she has in hand now."""
    objects = bpy.context.view_layer.objects
    active = objects.active.name if objects.active else ""
    return Hands(bpy.context.mode, active, frozenset(obj.name for obj in objects.selected))


def frame(window: bpy.types.Window) -> None:
    """Shows what is selected in the 3D viewports of `window`, from a side where its front is seen; a view through a
    camera stays."""
    for area in window.screen.areas:
        if area.type != "VIEW_3D" or area.spaces.active.region_3d.view_perspective == "CAMERA":
            continue
        view = area.spaces.active.region_3d
        if FRONT.dot(view.view_rotation @ Vector((0, 0, 1))) < EDGE_ON:
            view.view_rotation = THREE_QUARTER
        region = next(region for region in area.regions if region.type == "WINDOW")
        with bpy.context.temp_override(window=window, area=area, region=region), _at_once():
            bpy.ops.view3d.view_selected()
        view.view_distance *= ROOM


@contextmanager
def _at_once() -> Iterator[None]:
    """Views don't glide meanwhile."""
    preferences = bpy.context.preferences.view
    glide, preferences.smooth_view = preferences.smooth_view, 0
    try:
        yield
    finally:
        preferences.smooth_view = glide
