# SPDX-License-Identifier: GPL-3.0-or-later
"""Close the Back."""

from __future__ import annotations

import bmesh
import bpy
import numpy as np
from bpy.app.translations import pgettext_iface as iface_

from ..polls import unless
from . import closing, material, origin
from .add_thickness import why_not_thicker

SHARE = 0.01  # of the longest side
CREASE = np.radians(50)


def why_not_closable(context: bpy.types.Context) -> str:
    """Why the active result's faces can't be changed now, for the artist; empty where they can."""
    return "" if context.object.mode == "OBJECT" else "Leave Edit Mode first"


class DRAPE_OT_close_back(bpy.types.Operator):
    """Give the active front surface a back of its own, so that it encloses a volume and can be printed"""

    bl_idname = "drape.close_back"
    bl_label = "Close the Back"
    bl_options = {"REGISTER", "UNDO"}

    __annotations__ = {
        "back": bpy.props.EnumProperty(
            name="Back",
            description="What the side looks like that the picture doesn't show",
            items=[
                ("MIRROR", "Mirror", "The front's mirror image, as if the object were the same behind"),
                ("FLAT", "Flat", "A plane, as of a relief that hangs on a wall"),
            ],
        ),
        "thickness": bpy.props.FloatProperty(
            name="Wall Thickness",
            description="Between front and back at the least, as a share of the longest side",
            default=SHARE,
            min=0.001,
            max=0.5,
            precision=3,
            subtype="FACTOR",
        ),
        "base": bpy.props.FloatProperty(
            name="Flat Base",
            description="How much is cut off below, as a share of the height, so that it stands",
            default=0.0,
            min=0.0,
            max=0.5,
            precision=3,
            subtype="FACTOR",
        ),
    }

    poll = unless(origin.why_no_result, why_not_thicker, why_not_closable)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Puts the closed mesh in the place of the open one, and tells its volume."""
        obj = context.object
        made = closed_mesh(obj.data, mirror=self.back == "MIRROR", share=self.thickness)
        if self.base:
            cut_base(made, self.base)
        surface, vertices = faces_of(made), places_of(made)
        if not closing.is_closed(surface):
            bpy.data.meshes.remove(made)
            self.report({"ERROR"}, "The rim of this mesh meets itself, so it can't be closed")
            return {"CANCELLED"}
        made.name = obj.data.name
        made[origin.CLOSED] = True
        obj.data = made
        scale = abs(obj.matrix_world.determinant()) * context.scene.unit_settings.scale_length**3
        volume = closing.volume(vertices, closing.triangles_of(surface)) * scale
        self.report({"INFO"}, iface_("Closed; its volume is {}").format(written_volume(context, volume)))
        return {"FINISHED"}


def written_volume(context: bpy.types.Context, volume: float) -> str:
    """`volume`, cubic metres, in the scene's units."""
    system = context.scene.unit_settings.system
    return bpy.utils.units.to_string("METRIC" if system == "NONE" else system, "VOLUME", volume, precision=4)


def faces_of(mesh: bpy.types.Mesh) -> closing.Faces:
    """The faces of `mesh`."""
    corners, starts = np.empty(len(mesh.loops), np.int32), np.empty(len(mesh.polygons), np.int32)
    mesh.loops.foreach_get("vertex_index", corners)
    mesh.polygons.foreach_get("loop_start", starts)
    return closing.Faces(corners.astype(np.int64), starts.astype(np.int64))


def places_of(mesh: bpy.types.Mesh) -> np.ndarray:
    """The vertices (V, 3) of `mesh`."""
    places = np.empty((len(mesh.vertices), 3), np.float32)
    mesh.vertices.foreach_get("co", places.ravel())
    return places.astype(np.float64)


def closed_mesh(mesh: bpy.types.Mesh, *, mirror: bool, share: float) -> bpy.types.Mesh:
    """A new mesh: the open `mesh` with a back, its materials, UV layers and confidence kept. What was made up has the
    confidence 0. share: thickness by the longest side.
    """
    vertices, front = places_of(mesh), faces_of(mesh)
    thickness = share * float(np.ptp(vertices, axis=0).max())
    whole = closing.closed(vertices, front, mirror=mirror, thickness=thickness)
    made = bpy.data.meshes.new(mesh.name)
    made.vertices.add(len(whole.vertices))
    made.vertices.foreach_set("co", whole.vertices.astype(np.float32).ravel())
    made.loops.add(len(whole.faces.corners))
    made.loops.foreach_set("vertex_index", whole.faces.corners.astype(np.int32))
    made.polygons.add(len(whole.faces.starts))
    made.polygons.foreach_set("loop_start", whole.faces.starts.astype(np.int32))
    for name in [layer.name for layer in mesh.uv_layers]:
        values = np.empty((len(mesh.loops), 2), np.float32)
        mesh.uv_layers[name].uv.foreach_get("vector", values.ravel())
        made.uv_layers.new(name=name, do_init=False).uv.foreach_set("vector", values[whole.corner_of].ravel())
    if mesh.uv_layers:
        made.uv_layers.active = made.uv_layers[mesh.uv_layers.active.name]
        made.uv_layers[next(layer.name for layer in mesh.uv_layers if layer.active_render)].active_render = True
    if material.CONFIDENCE in mesh.attributes:
        sure = np.zeros(2 * len(mesh.vertices), np.float32)
        mesh.attributes[material.CONFIDENCE].data.foreach_get("value", sure[: len(mesh.vertices)])
        made.attributes.new(material.CONFIDENCE, "FLOAT", "POINT").data.foreach_set("value", sure)
    for used in mesh.materials:
        made.materials.append(used)
    made.update(calc_edges=True)
    made.shade_smooth()
    if not mirror:
        made.set_sharp_from_angle(angle=CREASE)
    return made


def cut_base(mesh: bpy.types.Mesh, share: float) -> None:
    """Cuts off of the closed `mesh` what lies below, a `share` of its height, and closes it by a plane."""
    heights = places_of(mesh)[:, 2]
    height = heights.min() + share * np.ptp(heights)
    work = bmesh.new()
    work.from_mesh(mesh)
    every = [*work.verts, *work.edges, *work.faces]
    cut = bmesh.ops.bisect_plane(work, geom=every, plane_co=(0, 0, height), plane_no=(0, 0, -1), clear_outer=True)
    edges = [item for item in cut["geom_cut"] if isinstance(item, bmesh.types.BMEdge)]
    made = bmesh.ops.triangle_fill(work, use_beauty=True, normal=(0, 0, -1), edges=edges)
    filled = [item for item in made["geom"] if isinstance(item, bmesh.types.BMFace)]
    for layer in work.loops.layers.uv.values():
        for loop in (loop for face in filled for loop in face.loops):
            loop[layer].uv = next(other for other in loop.vert.link_loops if other.face not in filled)[layer].uv
    for edge in edges:
        edge.smooth = False
    work.to_mesh(mesh)
    work.free()


CLASSES = (DRAPE_OT_close_back,)
