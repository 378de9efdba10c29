# SPDX-License-Identifier: GPL-3.0-or-later
"""Frame Worst Face."""

from __future__ import annotations

import bpy
import numpy as np
from mathutils import Vector

from ..polls import unless
from . import reading
from .metrics import Surface, values_of

ROOM = 8.0  # times the face's size is what the view shows


def why_no_viewport(context: bpy.types.Context) -> str:
    """Why there is no view to turn, for the artist; empty where there is."""
    in_viewport = context.area is not None and context.area.type == "VIEW_3D"
    return "" if in_viewport else "Use it in a 3D viewport"


class DRAPE_OT_frame_worst(bpy.types.Operator):
    """Turn the view to the face that the UVs distort most"""

    bl_idname = "drape.frame_worst"
    bl_label = "Frame Worst Face"

    poll = unless(why_no_viewport, reading.why_none_chosen)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Puts the face into the middle of the view, seen from its front."""
        options = context.window_manager.drape_distortion
        worst = None
        for obj, distortion in reading.shown(context).items():
            values = values_of(distortion, options.metric)
            severity = np.nan_to_num(options.scale.severity(values.of_faces), nan=-np.inf)
            face = int(severity.argmax())
            if worst is None or severity[face] > worst[0]:
                worst = severity[face], values.of_faces[face], obj, distortion.surface, face
        if worst is None or worst[0] == -np.inf:
            self.report({"WARNING"}, "There is no face whose distortion can be measured")
            return {"CANCELLED"}
        _, value, obj, surface, face = worst
        middle, normal, size = _place(surface, face, obj)
        view = context.space_data.region_3d
        if view.view_perspective == "CAMERA":
            view.view_perspective = "PERSP"
        view.view_location = middle
        view.view_rotation = normal.to_track_quat("Z", "Y")
        view.view_distance = ROOM * size
        self.report({"INFO"}, f"{obj.name}, face {face}: {options.scale.written(value)}")
        return {"FINISHED"}


def _place(surface: Surface, face: int, obj: bpy.types.Object) -> tuple[Vector, Vector, float]:
    """Middle, normal and size of a face in the world."""
    end = surface.starts[face + 1] if face + 1 < len(surface.starts) else len(surface.corners)
    points = surface.vertices[surface.corners[surface.starts[face] : end]]
    corners = [obj.matrix_world @ Vector(point) for point in points]
    middle = sum(corners, Vector((0, 0, 0))) / len(corners)
    arms = [corner - middle for corner in corners]
    normal = sum((a.cross(b) for a, b in zip(arms, arms[1:] + arms[:1], strict=True)), Vector((0, 0, 0)))
    return middle, normal, 2 * max(arm.length for arm in arms)


CLASSES = (DRAPE_OT_frame_worst,)
