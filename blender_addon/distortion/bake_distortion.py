# SPDX-License-Identifier: GPL-3.0-or-later
"""Bake Distortion to Attribute."""

from __future__ import annotations

import bpy
import numpy as np

from ..polls import unless
from . import reading
from .metrics import OF_CORNERS, Values, values_of
from .scales import BROKEN, colors_of, gradient

BROKEN_FACES = "UV Broken"
STEPS = 256


def why_in_edit_mode(context: bpy.types.Context) -> str:
    """Why attributes can't be written, for the artist; empty where they can."""
    return "Leave edit mode first" if context.mode == "EDIT_MESH" else ""


class DRAPE_OT_bake_distortion(bpy.types.Operator):
    """Keep the distortion of the selected meshes as an attribute, for materials, geometry nodes and export"""

    bl_idname = "drape.bake_distortion"
    bl_label = "Bake Distortion to Attribute"
    bl_options = {"REGISTER", "UNDO"}

    __annotations__ = {
        "content": bpy.props.EnumProperty(
            name="Content",
            description="What the attribute holds",
            items=[
                (
                    "NUMBER",
                    "Numbers",
                    "The metric itself; 0 where a face is degenerate. Areas are logarithms to base 2",
                ),
                ("COLOR", "Colors", "The colours of the overlay, as a colour attribute that Solid shading can show"),
            ],
        ),
    }

    poll = unless(why_in_edit_mode, reading.why_none_chosen)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Measures each mesh once, without modifiers, and writes what was found."""
        options = context.window_manager.drape_distortion
        objects = {obj.data: obj for obj in reading.chosen(context) if obj.data.is_editable}
        found = {mesh: reading.of_object(obj, options.texture_size) for mesh, obj in objects.items()}
        baked = {mesh: values_of(distortion, options.metric) for mesh, distortion in found.items() if distortion}
        if not baked:
            self.report({"ERROR"}, "None of the selected meshes has faces with UVs that can be changed")
            return {"CANCELLED"}
        name = f"UV Distortion {options.scale.label}"
        for mesh, values in baked.items():
            if self.content == "NUMBER":
                _write(mesh, name, "FLOAT", options.metric in OF_CORNERS, "value", np.nan_to_num(values.values))
            else:
                _write(mesh, f"{name} Colors", "FLOAT_COLOR", True, "color_srgb", _colors(values, options))
            _write(mesh, BROKEN_FACES, "BOOLEAN", False, "value", values.distortion.broken)
            mesh.update()
        self.report({"INFO"}, f"{name}: baked to {len(baked)} mesh(es)")
        return {"FINISHED"}


def _colors(values: Values, options: bpy.types.PropertyGroup) -> np.ndarray:
    """(C, 4) sRGB colours of the corners."""
    low, high = options.range
    along = np.clip((values.of_corners - low) / (high - low), 0, 1)
    colors = gradient(colors_of(options.metric, options.colors == "UV_EDITOR"), STEPS)
    found = colors[np.nan_to_num(along * (STEPS - 1)).astype(np.int32)]
    found[values.distortion.surface.to_corners(values.distortion.broken)] = (*BROKEN, 1.0)
    return found


def _write(mesh: bpy.types.Mesh, name: str, kind: str, of_corners: bool, field: str, values: np.ndarray) -> None:
    """Makes the attribute anew."""
    if name in mesh.attributes:
        mesh.attributes.remove(mesh.attributes[name])
    attribute = mesh.attributes.new(name, kind, "CORNER" if of_corners else "FACE")
    dtype = bool if kind == "BOOLEAN" else np.float32
    attribute.data.foreach_set(field, np.ascontiguousarray(values, dtype).ravel())


CLASSES = (DRAPE_OT_bake_distortion,)
