# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects of the scene as arrays: which ones can be measured, and what is read of them."""

from __future__ import annotations

import bpy
import numpy as np
from numpy.typing import NDArray

from . import metrics

MOST_CORNERS = 12_000_000  # of one mesh: more would hold up Blender for many seconds


def why_not(obj: bpy.types.Object) -> str:
    """Why the object can't be measured, for the artist; empty where it can."""
    if obj.type != "MESH":
        return "is no mesh"
    if not obj.data.uv_layers and not obj.modifiers:
        return "has no UVs"
    if len(obj.data.loops) > MOST_CORNERS:
        return "has too many faces"
    return ""


def chosen(context: bpy.types.Context) -> list[bpy.types.Object]:
    """The objects to measure: those in edit mode, else the selected ones; in either case only what can be measured."""
    objects = context.objects_in_mode if context.mode == "EDIT_MESH" else context.selected_objects
    return [obj for obj in objects if not why_not(obj)]


def why_none_chosen(context: bpy.types.Context) -> str:
    """Why there is nothing to measure, for the artist; empty where there is."""
    return "" if chosen(context) else "Select a mesh with UVs first"


def shown(context: bpy.types.Context) -> dict[bpy.types.Object, metrics.Distortion]:
    """The distortion of each chosen object, as the viewport shows it."""
    depsgraph = context.evaluated_depsgraph_get()
    texture_size = context.window_manager.drape_distortion.texture_size
    found = ((obj, as_shown(obj, depsgraph, texture_size)[0]) for obj in chosen(context))
    return {obj: distortion for obj, distortion in found if distortion is not None}


def of_object(obj: bpy.types.Object, texture_size: int) -> metrics.Distortion | None:
    """The distortion of the mesh itself, without modifiers, as the world sees it; None where it has no faces or UVs."""
    return _measured(obj, obj.data, texture_size)


def as_shown(
    obj: bpy.types.Object, depsgraph: bpy.types.Depsgraph, texture_size: int
) -> tuple[metrics.Distortion | None, NDArray[np.bool_]]:
    """The distortion of what the viewport shows, with modifiers and edits under way; and which faces are hidden."""
    evaluated = obj.evaluated_get(depsgraph)
    mesh = evaluated.to_mesh()
    try:
        hidden = np.zeros(len(mesh.polygons), bool)
        if obj.mode == "EDIT":
            mesh.polygons.foreach_get("hide", hidden)
        return _measured(obj, mesh, texture_size), hidden
    finally:
        evaluated.to_mesh_clear()


def texture_of(obj: bpy.types.Object, texture_size: int) -> tuple[int, int]:
    """Width and height of the image in the active material: the active node's, else the first; else `texture_size`."""
    tree = obj.active_material.node_tree if obj.active_material else None
    nodes = [tree.nodes.active, *tree.nodes] if tree else []
    for node in nodes:
        if node is not None and node.type == "TEX_IMAGE" and node.image is not None and node.image.size[0]:
            return tuple(node.image.size)
    return texture_size, texture_size


def world_of(obj: bpy.types.Object) -> NDArray[np.float64]:
    """(3, 3) that maps vectors of the object into the world."""
    return np.array(obj.matrix_world.to_3x3(), np.float64)


def surface_of(mesh: bpy.types.Mesh, layer: bpy.types.MeshUVLoopLayer) -> metrics.Surface:
    """The arrays of `mesh` with the UVs of `layer`."""
    mesh.calc_loop_triangles()
    vertices = np.empty((len(mesh.vertices), 3), np.float32)
    corners = np.empty(len(mesh.loops), np.int32)
    uv = np.empty((len(mesh.loops), 2), np.float32)
    starts = np.empty(len(mesh.polygons), np.int32)
    triangles = np.empty((len(mesh.loop_triangles), 3), np.int32)
    mesh.vertices.foreach_get("co", vertices.ravel())
    mesh.loops.foreach_get("vertex_index", corners)
    layer.uv.foreach_get("vector", uv.ravel())
    mesh.polygons.foreach_get("loop_start", starts)
    mesh.loop_triangles.foreach_get("loops", triangles.ravel())
    # A face with n corners has n - 2 triangles, and they come in the order of the faces.
    faces = np.repeat(np.arange(len(starts), dtype=np.int32), np.diff(starts, append=len(corners)) - 2)
    return metrics.Surface(vertices, corners, uv, starts, triangles, faces)


def _measured(obj: bpy.types.Object, mesh: bpy.types.Mesh, texture_size: int) -> metrics.Distortion | None:
    if mesh.uv_layers.active is None or not len(mesh.polygons):
        return None
    return metrics.measure(surface_of(mesh, mesh.uv_layers.active), world_of(obj), texture_of(obj, texture_size))
