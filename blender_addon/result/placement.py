# SPDX-License-Identifier: GPL-3.0-or-later
"""`Scene.drape_import`: how a result comes into the scene, where it stands, and what it replaces.

A result that she has changed by hand, its shape or its UVs, is never replaced: at import its mesh gets a fingerprint,
and one that has another fingerprint now is hers.
"""

from __future__ import annotations

import hashlib

import bpy
import numpy as np
from mathutils import Vector
from numpy.typing import NDArray

from . import material, origin
from .files import Result

FINGERPRINT = "drape_fingerprint"
GAP = 0.2  # between results in a row, as a share of the new one's longest side

Box = tuple[NDArray[np.floating], NDArray[np.floating]]
"""The lowest and the highest corner, (3,) each, metres."""


class DrapeImport(bpy.types.PropertyGroup):
    """How results come into the scene; saved with her file."""

    __annotations__ = {
        "placement": bpy.props.EnumProperty(
            name="Place",
            description="Where a result stands; beside earlier ones that stand there already",
            items=[
                ("CURSOR", "3D Cursor", "With the middle of its base on the 3D cursor"),
                ("ORIGIN", "World Origin", "With the middle of its base on the world's origin"),
                ("ACTIVE", "Active Object", "On the base of the active object, and as large as that; both stay"),
            ],
        ),
        "scale": bpy.props.FloatProperty(
            name="Scale",
            description="Factor on the size of a result; its longest side is the size in the settings",
            default=1.0,
            min=1e-4,
            soft_max=10.0,
        ),
        "shading": bpy.props.EnumProperty(
            name="Shading",
            description="How the faces of a result are shaded",
            items=[("SMOOTH", "Smooth", "As one surface"), ("FLAT", "Faceted", "Each face by itself")],
        ),
        "replace": bpy.props.BoolProperty(
            name="Replace Previous",
            description="Give the mesh to the earlier result of the same picture, which keeps its place and modifiers; "
            "one whose shape or UVs were changed by hand stays as it is",
        ),
        "camera": bpy.props.BoolProperty(
            name="Add Camera", description="Also add the camera that sees the result as the picture does"
        ),
    }


def place(context: bpy.types.Context, obj: bpy.types.Object) -> None:
    """Puts `obj`, a new object, where the scene's options say."""
    corners = np.array(obj.bound_box)
    obj.location, factor = spot(context, (corners.min(0), corners.max(0)), standing(context, obj))
    obj.scale = (factor,) * 3


def spot(context: bpy.types.Context, box: Box, others: list[Box]) -> tuple[Vector, float]:
    """Where the scene's options put a result that fills `box`, and the factor that they scale it by. On the cursor and
    the origin it stands in a row with those that fill `others`, to their right."""
    options, active = context.scene.drape_import, context.view_layer.objects.active
    longest = float((box[1] - box[0]).max())
    if options.placement == "ACTIVE" and active is not None:
        low, high = _box_of(active)
        return Vector((*(low + high)[:2] / 2, low[2])), options.scale * float((high - low).max()) / longest
    place = np.zeros(3) if options.placement == "ORIGIN" else np.array(context.scene.cursor.location)
    for low, high in sorted(others, key=lambda other: float(other[0][0])):
        mine = place + options.scale * box[0], place + options.scale * box[1]
        if (mine[0] <= high).all() and (mine[1] >= low).all():
            place[0] = high[0] + options.scale * (GAP * longest - box[0][0])
    return Vector(place), options.scale


def standing(context: bpy.types.Context, but: bpy.types.Object | None = None) -> list[Box]:
    """What the results that are seen in the scene fill, without the object `but`."""
    context.view_layer.update()
    others = (obj for obj in context.view_layer.objects if origin.JOB in obj and obj != but)
    return [_box_of(obj) for obj in others if obj.visible_get()]


def _box_of(obj: bpy.types.Object) -> Box:
    corners = np.array([obj.matrix_world @ Vector(corner) for corner in obj.bound_box])
    return corners.min(0), corners.max(0)


def painted_again(context: bpy.types.Context, result: Result) -> bpy.types.Object | None:
    """The object of the very job whose folder holds `result` now, of another painting of its views, as it was imported;
    None where there is none, or she has changed it by hand."""
    for obj in context.view_layer.objects:
        same_job = obj.get(origin.JOB) == str(result.folder) and obj[origin.ANSWER] != result.answer
        if same_job and obj.visible_get() and not changed_by_hand(obj):
            return obj
    return None


def take_place(context: bpy.types.Context, obj: bpy.types.Object, earlier: bpy.types.Object) -> None:
    """Puts `obj` where `earlier` stands, which is hidden; if that was selected or active, so is `obj`."""
    obj.parent, obj.matrix_parent_inverse = earlier.parent, earlier.matrix_parent_inverse
    obj.matrix_basis = earlier.matrix_basis
    obj.select_set(earlier.select_get())
    if context.view_layer.objects.active == earlier:
        context.view_layer.objects.active = obj
    earlier.hide_set(True)
    earlier.hide_render = True


def previous(context: bpy.types.Context, picture: str) -> bpy.types.Object | None:
    """The result in the scene that was made of this picture: the active one, else the latest; None without one."""
    found = [obj for obj in context.view_layer.objects if origin.of(obj).get("picture") == picture]
    active = context.view_layer.objects.active
    if active in found:
        return active
    return max(found, key=lambda obj: obj["drape_job"], default=None)  # folders are named after their time


def to_replace(context: bpy.types.Context, picture: str) -> bpy.types.Object | None:
    """The previous result of this picture if it is to be replaced and still as it was imported; None otherwise."""
    obj = previous(context, picture) if context.scene.drape_import.replace else None
    return None if obj is None or changed_by_hand(obj) else obj


def changed_by_hand(obj: bpy.types.Object) -> bool:
    """Whether the mesh of a result is another one than was imported, in vertices, UVs or layers."""
    return obj.data.get(FINGERPRINT) != fingerprint(obj.data)


def fingerprint(mesh: bpy.types.Mesh) -> str:
    """A digest of the vertices, the faces and all UV layers of `mesh`."""
    digest = hashlib.sha256()
    vertices, corners = np.empty(3 * len(mesh.vertices), np.float32), np.empty(len(mesh.loops), np.int32)
    mesh.vertices.foreach_get("co", vertices)
    mesh.loops.foreach_get("vertex_index", corners)
    digest.update(vertices.tobytes() + corners.tobytes())
    for layer in mesh.uv_layers:
        uv = np.empty(2 * len(mesh.loops), np.float32)
        layer.uv.foreach_get("vector", uv)
        digest.update(layer.name.encode() + uv.tobytes())
    return digest.hexdigest()


def replace_mesh(obj: bpy.types.Object, mesh: bpy.types.Mesh) -> None:
    """Gives `obj` the new `mesh`; what its material showed it goes on showing, and a material of hers stays."""
    old, shown = obj.data, material.shown(obj.active_material)
    if shown is not None:
        material.show(mesh.materials[0], shown)
    else:
        new = mesh.materials[0]
        mesh.materials.clear()
        for hers in old.materials:
            mesh.materials.append(hers)
        bpy.data.materials.remove(new)
    obj.data = mesh
    if not old.users:
        materials = [mine for mine in old.materials if mine is not None]
        name = old.name
        bpy.data.meshes.remove(old)
        mesh.name = name
        for mine in materials:
            if not mine.users:
                bpy.data.materials.remove(mine)


CLASSES = (DrapeImport,)


def register() -> None:
    """Adds the options."""
    bpy.types.Scene.drape_import = bpy.props.PointerProperty(type=DrapeImport)


def unregister() -> None:
    """Removes them."""
    del bpy.types.Scene.drape_import
