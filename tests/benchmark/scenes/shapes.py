# SPDX-License-Identifier: GPL-3.0-or-later
"""The objects of the benchmark, made in the open file; Z is up, the front looks along -Y."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import bpy

SEGMENTS = 256
Vector = tuple[float, float, float]


def make(name: str) -> list[Any]:
    """Adds the object called `name`; its parts."""
    return BUILDERS[name]()


def _added(operator: Callable[..., Any], smooth: bool = False, at: Vector = (0, 0, 0), **options: Any) -> Any:
    operator(location=at, **options)
    item = bpy.context.object
    if smooth:
        item.data.shade_smooth()
    return item


def _box(size: Vector = (2, 2, 2), at: Vector = (0, 0, 0), turn: float = 0.0) -> Any:
    item = _added(bpy.ops.mesh.primitive_cube_add, at=at, size=1, rotation=(0, 0, math.radians(turn)))
    item.scale = size
    return item


def _rounded_box(size: Vector = (2, 1.6, 1.2), radius: float = 0.3, at: Vector = (0, 0, 0)) -> Any:
    item = _box(size, at)
    bpy.ops.object.transform_apply(location=False, rotation=False, scale=True)
    bevel = item.modifiers.new("Round", "BEVEL")
    bevel.width, bevel.segments, bevel.harden_normals = radius, 16, True
    item.data.shade_smooth()
    return item


def _cylinder(radius: float = 1.0, height: float = 2.0, at: Vector = (0, 0, 0), tilt: Vector = (0, 0, 0)) -> Any:
    return _added(bpy.ops.mesh.primitive_cylinder_add, at=at, vertices=SEGMENTS, radius=radius, depth=height,
                  rotation=tilt)  # fmt: skip


def _cone(sides: int = SEGMENTS, radius: float = 1.0, height: float = 2.0, at: Vector = (0, 0, 0)) -> Any:
    # Not smooth: with one normal for the tip, all of the side would bend towards it.
    turn = math.pi / 4 if sides == 4 else 0.0
    return _added(bpy.ops.mesh.primitive_cone_add, at=at, vertices=sides, radius1=radius, depth=height,
                  rotation=(0, 0, turn))  # fmt: skip


def _ball(radius: float = 1.0, at: Vector = (0, 0, 0)) -> Any:
    return _added(bpy.ops.mesh.primitive_uv_sphere_add, True, at, segments=128, ring_count=64, radius=radius)


def _torus(major: float = 1.0, minor: float = 0.4, at: Vector = (0, 0, 0)) -> Any:
    return _added(bpy.ops.mesh.primitive_torus_add, True, at, major_radius=major, minor_radius=minor,
                  major_segments=SEGMENTS, minor_segments=64)  # fmt: skip


def _capsule(radius: float = 0.5, height: float = 2.2, at: Vector = (0, 0, 0), tilt: Vector = (0, 0, 0)) -> Any:
    item = _ball(radius, at)
    item.rotation_euler = tilt
    for vertex in item.data.vertices:
        vertex.co.z += math.copysign(height / 2 - radius, vertex.co.z) if abs(vertex.co.z) > 1e-4 else 0.0
    return item


def _suzanne() -> Any:
    item = _added(bpy.ops.mesh.primitive_monkey_add, True)
    smooth = item.modifiers.new("Smooth", "SUBSURF")
    smooth.levels = smooth.render_levels = 3
    return item


def _cup() -> Any:
    """Turned from an outline of outer wall, round rim and inner wall."""
    rim = [(0.95 - 0.05 * math.cos(a), 1.5 + 0.05 * math.sin(a)) for a in (math.pi * k / 12 for k in range(13))]
    wall = [0.25, 0.5, 0.75, 1.0, 1.25]
    outside = [(0.0, 0.0), (0.35, 0.0), (0.5, 0.02), *((0.5 + 0.5 * math.sin(z / 1.5 * math.pi / 2), z) for z in wall)]
    inside = [(0.4 + 0.5 * math.sin(z / 1.5 * math.pi / 2), z + 0.02) for z in wall]
    outline = [*outside, *reversed(rim), *reversed(inside), (0.4, 0.12), (0.25, 0.1), (0.0, 0.1)]
    points = [
        (r * math.cos(a), r * math.sin(a), z)
        for r, z in outline
        for a in (2 * math.pi * k / SEGMENTS for k in range(SEGMENTS))
    ]
    faces = [
        (i * SEGMENTS + k, i * SEGMENTS + (k + 1) % SEGMENTS, (i + 1) * SEGMENTS + (k + 1) % SEGMENTS,
         (i + 1) * SEGMENTS + k)
        for i in range(len(outline) - 1)
        for k in range(SEGMENTS)
    ]  # fmt: skip
    mesh = bpy.data.meshes.new("Cup")
    mesh.from_pydata(points, [], faces)
    mesh.shade_smooth()
    item = bpy.data.objects.new("Cup", mesh)
    bpy.context.collection.objects.link(item)
    smooth = item.modifiers.new("Smooth", "SUBSURF")
    smooth.levels = smooth.render_levels = 1
    return item


def _compound() -> list[Any]:
    """Solids on a slab."""
    return [
        _box((2.6, 2.0, 0.3), (0, 0, 0.15)),
        _box((0.8, 0.8, 0.8), (-0.75, 0.35, 0.7), 25),
        _cylinder(0.35, 1.5, (0.75, 0.45, 1.05)),
        _cone(radius=0.45, height=0.9, at=(0.1, -0.45, 0.75)),
        _ball(0.35, (-0.75, -0.5, 0.65)),
        _torus(0.3, 0.12, (0.8, -0.5, 0.42)),
        _ball(0.4, (0.75, 0.45, 2.0)),
    ]


def _figure() -> list[Any]:
    """A toy robot: limbs, head and body of simple solids that overlap."""
    return [
        _rounded_box((1.1, 0.7, 1.3), 0.18, (0, 0, 1.35)),
        _ball(0.48, (0, 0, 2.4)),
        _cone(radius=0.3, height=0.5, at=(0, 0, 3.0)),
        _capsule(0.17, 1.2, (-0.75, -0.1, 1.5), (0.5, 0.5, 0)),
        _capsule(0.17, 1.2, (0.78, -0.15, 1.7), (-0.9, -0.8, 0)),
        _cylinder(0.22, 0.9, (-0.28, 0, 0.4)),
        _cylinder(0.22, 0.9, (0.28, -0.1, 0.4), (0.25, 0, 0)),
        _torus(0.42, 0.1, (0, 0, 2.02)),
    ]


BUILDERS: dict[str, Callable[[], list[Any]]] = {
    "cube": lambda: [_box()],
    "pyramid": lambda: [_cone(4, math.sqrt(2), 2.0)],
    "cylinder": lambda: [_cylinder()],
    "sphere": lambda: [_ball()],
    "cone": lambda: [_cone()],
    "torus": lambda: [_torus()],
    "rounded-box": lambda: [_rounded_box()],
    "capsule": lambda: [_capsule()],
    "suzanne": lambda: [_suzanne()],
    "cup": lambda: [_cup()],
    "compound": _compound,
    "figure": _figure,
}
