# SPDX-License-Identifier: GPL-3.0-or-later
"""Closed meshes of whole objects, for the benchmark of All Round.

`python -m tests.benchmark.orbit.closed FOLDER`, in a Python that has bpy. For each object `NAME.npz` with `vertices`
(V, 3) float32, x right, z up, the front faces -y, the middle of the bounding box at the origin and half its diagonal
1 long, and `faces` (F, 3) int64, counter-clockwise seen from outside.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy
import numpy as np

from tests.benchmark.scenes import shapes

VOXEL = 0.012  # of the longest side: the solids that overlap become one closed surface


def main(folder: Path) -> None:
    """Writes what is missing of the objects into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in OBJECTS.items():
        file = folder / f"{name}.npz"
        if file.exists():
            continue
        bpy.ops.wm.read_factory_settings(use_empty=True)
        parts = make()
        vertices, faces = closed(parts)
        np.savez(file.with_suffix(".part.npz"), vertices=vertices, faces=faces)
        file.with_suffix(".part.npz").replace(file)


def closed(parts: list[Any]) -> tuple[np.ndarray, np.ndarray]:
    """Vertices and faces of all `parts` melted into one."""
    for part in parts:
        part.select_set(True)
    bpy.context.view_layer.objects.active = parts[0]
    bpy.ops.object.convert(target="MESH")
    bpy.ops.object.join()
    whole = bpy.context.object
    bpy.ops.object.transform_apply(location=True, rotation=True, scale=True)
    whole.data.remesh_voxel_size = VOXEL * max(whole.dimensions)
    bpy.ops.object.voxel_remesh()
    mesh = whole.data
    mesh.calc_loop_triangles()
    vertices = np.empty((len(mesh.vertices), 3), np.float32)
    faces = np.empty((len(mesh.loop_triangles), 3), np.int32)
    mesh.vertices.foreach_get("co", vertices.ravel())
    mesh.loop_triangles.foreach_get("vertices", faces.ravel())
    low, high = vertices.min(0), vertices.max(0)
    return (vertices - (low + high) / 2) / (np.linalg.norm(high - low) / 2), faces.astype(np.int64)


def _cup() -> list[Any]:
    handle = shapes.BUILDERS["torus"]()[0]
    handle.scale = (0.45, 0.45, 0.45)
    handle.rotation_euler = (math.pi / 2, 0, 0)
    handle.location = (1.05, 0, 0.8)
    cup = shapes.make("cup")[0]
    return [cup, handle]


def _box(size: shapes.Vector, at: shapes.Vector) -> Any:
    bpy.ops.mesh.primitive_cube_add(location=at, size=1)
    item = bpy.context.object
    item.scale = size
    return item


def _chair() -> list[Any]:
    """Four legs, a seat, and a back with a gap."""
    legs = [_box((0.2, 0.2, 1.0), (x, y, 0.5)) for x in (-0.7, 0.7) for y in (-0.6, 0.6)]
    posts = [_box((0.2, 0.2, 1.5), (x, 0.6, 1.85)) for x in (-0.7, 0.7)]
    return [*legs, *posts, _box((1.6, 1.4, 0.2), (0, 0, 1.05)), _box((1.6, 0.2, 0.5), (0, 0.6, 2.35))]


OBJECTS: dict[str, Callable[[], list[Any]]] = {
    "suzanne": lambda: shapes.make("suzanne"),
    "cup": _cup,
    "chair": _chair,
    "cube": lambda: shapes.make("cube"),
    "figure": lambda: shapes.make("figure"),
}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
