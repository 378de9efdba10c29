# SPDX-License-Identifier: GPL-3.0-or-later
"""Puts a result into the scene."""

from __future__ import annotations

import bpy
import numpy as np
from numpy.typing import NDArray

from . import imported, material, origin, picture_camera, placement
from .files import Result


def why_not_now(context: bpy.types.Context) -> str:
    """Why nothing can be imported at the moment, for the artist; empty where it can."""
    if bpy.app.is_job_running("RENDER"):
        return "Wait until the render is finished"
    if context.mode != "OBJECT":
        return "Leave edit, sculpt or paint mode first"
    return ""


def add_object(context: bpy.types.Context, result: Result, *, select: bool) -> bpy.types.Object:
    """Adds `result` to the scene as `Scene.drape_import` says, and returns the object: the only one that is selected,
    and active, if `select`; else the artist's selection stays, but for what the result takes the place of."""
    mesh = _mesh(result)
    if context.scene.drape_import.shading == "FLAT":
        mesh.shade_flat()
    sure = result.confidence is not None
    look = material.make(result.name, result.texture, result.squares, sure=sure, normal_map=result.normal_map)
    mesh.materials.append(look)
    mesh[placement.FINGERPRINT] = placement.fingerprint(mesh)
    obj = placement.to_replace(context, result.name)
    if obj is not None:
        placement.replace_mesh(obj, mesh)
    else:
        obj = _new_object(context, result, mesh)
    origin.remember(obj, result)
    picture_camera.remember(obj, result)
    imported.remember(result)
    _choose_picture(context, result)
    if select:
        for other in context.selected_objects:
            other.select_set(False)
        obj.select_set(True)
        context.view_layer.objects.active = obj
    if context.scene.drape_import.camera:
        picture_camera.add(context, obj)
    return obj


def _choose_picture(context: bpy.types.Context, result: Result) -> None:
    """A picture that was made from words becomes the scene's, unless another one was chosen meanwhile."""
    chosen, record = context.scene.drape, result.record
    if record.get("prompt") and not chosen.picture:
        chosen.picture = bpy.data.images.load(str(result.folder / record["picture"]["file"]))
        chosen.picture.name = result.name
        chosen.picture.pack()
        chosen.object_name = record["object"]


def _new_object(context: bpy.types.Context, result: Result, mesh: bpy.types.Mesh) -> bpy.types.Object:
    obj = bpy.data.objects.new(result.name, mesh)
    active = context.view_layer.active_layer_collection
    usable = not active.exclude and active.collection.is_editable
    (active.collection if usable else context.scene.collection).objects.link(obj)
    if (earlier := placement.painted_again(context, result)) is not None:
        placement.take_place(context, obj, earlier)
    else:
        placement.place(context, obj)
    return obj


def _mesh(result: Result) -> bpy.types.Mesh:
    """The mesh of `result`: smooth, with both UV layers and how sure the engine is."""
    mesh = bpy.data.meshes.new(result.name)
    count, corners = result.faces.shape
    mesh.vertices.add(len(result.vertices))
    mesh.vertices.foreach_set("co", result.vertices.ravel())
    mesh.loops.add(count * corners)
    mesh.loops.foreach_set("vertex_index", result.faces.ravel())
    mesh.polygons.add(count)
    mesh.polygons.foreach_set("loop_start", np.arange(0, count * corners, corners, dtype=np.int32))
    _uv_layer(mesh, material.VIRTUAL_TEXTURE, result.uv_virtual_texture)
    _uv_layer(mesh, material.PICTURE, result.uv_picture)
    mesh.uv_layers.active = mesh.uv_layers[material.PICTURE]  # what the material shows
    mesh.uv_layers[material.PICTURE].active_render = True
    if result.confidence is not None:
        mesh.attributes.new(material.CONFIDENCE, "FLOAT", "POINT").data.foreach_set("value", result.confidence)
    mesh.update(calc_edges=True)
    mesh.validate()
    mesh.shade_smooth()
    return mesh


def _uv_layer(mesh: bpy.types.Mesh, name: str, coordinates: NDArray[np.float32]) -> None:
    mesh.uv_layers.new(name=name, do_init=False).uv.foreach_set("vector", coordinates.ravel())
