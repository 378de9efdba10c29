# SPDX-License-Identifier: GPL-3.0-or-later
"""The value under the cursor.

A gizmo that is never drawn and never hit: Blender asks it on each move of the mouse, without a modal operator, which
would hold up auto-save.
"""

from __future__ import annotations

import bpy
from bpy_extras import view3d_utils

from . import reading, tracking

_under_cursor: str = ""


def text() -> str:
    """The value under the cursor, as the artist reads it; empty where there is none."""
    return _under_cursor


def look(context: bpy.types.Context, location: tuple[float, float]) -> None:
    """Looks what is under `location`, in pixels of the region, and has it drawn where that is news."""
    global _under_cursor
    found = _value_at(context, location)
    if found != _under_cursor:
        _under_cursor = found
        context.region.tag_redraw()


def _value_at(context: bpy.types.Context, location: tuple[float, float]) -> str:
    view = context.region, context.region_data, location
    origin, direction = view3d_utils.region_2d_to_origin_3d(*view), view3d_utils.region_2d_to_vector_3d(*view)
    hit, _, _, face, obj, _ = context.scene.ray_cast(context.evaluated_depsgraph_get(), origin, direction)
    one = tracking.tracker.measured.get(obj.original.session_uid) if hit else None
    if one is None or face >= len(one.hidden) or obj.original not in reading.chosen(context):
        return ""
    distortion = one.values.distortion
    if distortion.degenerate[face]:
        return "degenerate"
    number = context.window_manager.drape_distortion.scale.written(one.values.of_faces[face])
    return f"{number}, flipped" if distortion.flipped[face] else number


class DRAPE_GT_distortion_probe(bpy.types.Gizmo):
    """Is told where the mouse is"""

    bl_idname = "DRAPE_GT_distortion_probe"

    def draw(self, _: bpy.types.Context) -> None:
        """Draws nothing."""

    def test_select(self, context: bpy.types.Context, location: tuple[int, int]) -> int:
        """Looks, and says that the mouse is not on the gizmo."""
        look(context, location)
        return -1


class DRAPE_GGT_distortion_probe(bpy.types.GizmoGroup):
    """The value under the cursor"""

    bl_idname = "DRAPE_GGT_distortion_probe"
    bl_label = "UV Distortion Under the Cursor"
    bl_space_type = "VIEW_3D"
    bl_region_type = "WINDOW"

    def setup(self, _: bpy.types.Context) -> None:
        """Makes the gizmo."""
        self.gizmos.new(DRAPE_GT_distortion_probe.bl_idname)


def show() -> None:
    """Begins to look."""
    bpy.context.window_manager.gizmo_group_type_ensure(DRAPE_GGT_distortion_probe.bl_idname)


def hide() -> None:
    """Stops it."""
    global _under_cursor
    _under_cursor = ""
    bpy.context.window_manager.gizmo_group_type_unlink_delayed(DRAPE_GGT_distortion_probe.bl_idname)


CLASSES = (DRAPE_GT_distortion_probe, DRAPE_GGT_distortion_probe)
