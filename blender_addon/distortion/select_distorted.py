# SPDX-License-Identifier: GPL-3.0-or-later
"""Select Distorted Faces."""

from __future__ import annotations

import bpy
import numpy as np
from numpy.typing import NDArray

from ..polls import unless
from . import reading
from .metrics import Surface, values_of


def why_nothing_to_select(context: bpy.types.Context) -> str:
    """Why no faces can be selected, for the artist; empty where they can."""
    in_mode = context.mode in {"OBJECT", "EDIT_MESH"}
    return "" if in_mode and reading.chosen(context) else "Select a mesh with UVs first, in object or edit mode"


class DRAPE_OT_select_distorted(bpy.types.Operator):
    """Select, in edit mode, the faces that the UVs distort more than the threshold"""

    bl_idname = "drape.select_distorted"
    bl_label = "Select Distorted Faces"
    bl_options = {"REGISTER", "UNDO"}

    __annotations__ = {
        "threshold": bpy.props.FloatProperty(
            name="Threshold",
            description="Faces that are worse than this number, as the legend writes it, are selected",
            options={"SKIP_SAVE"},
        ),
        "broken": bpy.props.BoolProperty(
            name="Flipped and Degenerate", description="Select flipped and degenerate faces as well", default=True
        ),
    }

    poll = unless(why_nothing_to_select)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Selects in object mode, where whole arrays can be written, and goes into edit mode."""
        options = context.window_manager.drape_distortion
        if not self.properties.is_property_set("threshold"):
            self.threshold = options.threshold
        objects = {obj.data: obj for obj in reading.chosen(context)}
        if context.object not in objects.values():
            context.view_layer.objects.active = next(iter(objects.values()))
        bpy.ops.object.mode_set(mode="OBJECT")
        count = 0
        for mesh, obj in objects.items():
            distortion = reading.of_object(obj, options.texture_size)
            if distortion is not None:
                wanted = options.scale.beyond(values_of(distortion, options.metric).of_faces, self.threshold)
                wanted = wanted | distortion.broken if self.broken else wanted & ~distortion.broken
                count += _select(mesh, distortion.surface, wanted)
        context.tool_settings.mesh_select_mode = (False, False, True)
        bpy.ops.object.mode_set(mode="EDIT")
        self.report({"INFO"}, f"{count} faces selected")
        return {"FINISHED"}


def _select(mesh: bpy.types.Mesh, surface: Surface, wanted: NDArray[np.bool_]) -> int:
    """Selects the `wanted` (F,) faces that aren't hidden, and nothing else; how many they are."""
    hidden = np.empty(len(wanted), bool)
    mesh.polygons.foreach_get("hide", hidden)
    wanted = wanted & ~hidden
    edges = np.empty(len(surface.corners), np.int32)
    mesh.loops.foreach_get("edge_index", edges)
    of_corners = surface.to_corners(wanted)
    for items, parts in ((mesh.vertices, surface.corners), (mesh.edges, edges)):
        selected = np.zeros(len(items), bool)
        selected[parts[of_corners]] = True
        items.foreach_set("select", selected)
    mesh.polygons.foreach_set("select", wanted)
    return int(wanted.sum())


CLASSES = (DRAPE_OT_select_distorted,)
