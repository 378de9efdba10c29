# SPDX-License-Identifier: GPL-3.0-or-later
"""A copy of an object as other programs want it, for as long as it takes to export it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import bpy
import numpy as np

from ..result import material


@contextmanager
def stand_in(context: bpy.types.Context, obj: bpy.types.Object) -> Iterator[bpy.types.Object]:
    """A copy of `obj` under its name, the only selected and the active object: modifiers applied, the UV layer that
    is active for render first of all (some formats know only one), and showing its picture if it is a result."""
    mesh = bpy.data.meshes.new_from_object(obj.evaluated_get(context.evaluated_depsgraph_get()))
    copy = bpy.data.objects.new(obj.name, mesh)
    copy.matrix_world = obj.matrix_world
    pairs = [(obj, copy), (obj.data, mesh)]
    for number, mine in enumerate(mesh.materials):
        if material.shown(mine) is not None:
            mesh.materials[number] = shown = mine.copy()
            material.show(shown, material.PICTURE)
            shown.node_tree.nodes.remove(shown.node_tree.nodes[material.VIRTUAL_TEXTURE])  # else it is exported too
            pairs.append((mine, shown))
    _render_layer_first(mesh)
    context.scene.collection.objects.link(copy)
    try:
        with ExitStack() as names:
            for original, other in pairs:
                names.enter_context(_under_the_name_of(original, other))
            with _alone(context, copy):
                yield copy
    finally:
        for _, other in pairs[2:]:
            bpy.data.materials.remove(other)
        bpy.data.meshes.remove(mesh)  # and with it the object


def _render_layer_first(mesh: bpy.types.Mesh) -> None:
    layers = []
    for layer in sorted(mesh.uv_layers, key=lambda layer: not layer.active_render):
        values = np.empty(2 * len(mesh.loops), np.float32)
        layer.uv.foreach_get("vector", values)
        layers.append((layer.name, values))
    while mesh.uv_layers:
        mesh.uv_layers.remove(mesh.uv_layers[0])
    for name, values in layers:
        mesh.uv_layers.new(name=name, do_init=False).uv.foreach_set("vector", values)
    if layers:
        mesh.uv_layers.active_index = 0
        mesh.uv_layers[0].active_render = True


@contextmanager
def _under_the_name_of(original: bpy.types.ID, other: bpy.types.ID) -> Iterator[None]:
    """`other` has the name of `original` meanwhile."""
    name = original.name
    original.name, other.name = f"{name}.original", name
    try:
        yield
    finally:
        other.name = f"{name}.copy"
        original.name = name


@contextmanager
def _alone(context: bpy.types.Context, obj: bpy.types.Object) -> Iterator[None]:
    """Only `obj` is selected, and active."""
    active, selected = context.view_layer.objects.active, list(context.selected_objects)
    for other in selected:
        other.select_set(False)
    obj.select_set(True)
    context.view_layer.objects.active = obj
    try:
        yield
    finally:
        for other in selected:
            other.select_set(True)
        context.view_layer.objects.active = active
