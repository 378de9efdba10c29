# SPDX-License-Identifier: GPL-3.0-or-later
"""Renders the benchmark's pictures with Blender's Cycles, and measures their surfaces.

`python -m tests.benchmark.scenes.render FOLDER [--only NAME ...]`, in a Python that has bpy. For each case a folder
with `picture.png` (RGBA), `depth.npy` (N, N) float32 in half crops towards the camera from the object's middle, NaN
outside, and `normal.npy` (N, N, 3) float32, x right, y up, z towards the camera. Cases that are there are left alone.

The world is the camera's frame: the picture plane is z = 0 from -1 to 1, so what is measured needs no conversion.
"""

from __future__ import annotations

import argparse
import math
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from mathutils import Matrix, Vector
from mathutils.bvhtree import BVHTree
from numpy.typing import NDArray

from tests.benchmark.scenes import materials, shapes
from tests.benchmark.scenes.cases import CASES, Case

SIZE = 256  # pixels
SAMPLES = 16
MARGIN = 0.09  # on each side of the object, as a share of the picture's side
FAR = 10.0  # half crops: the orthographic camera's distance

Floats = NDArray[np.float64]


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", nargs="+", metavar="NAME", default=[case.name for case in CASES])
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    for case in CASES:
        target = options.folder / case.name
        if case.name in options.only and not target.exists():
            with tempfile.TemporaryDirectory(dir=options.folder) as temporary:
                unfinished = Path(temporary, case.name)
                unfinished.mkdir()
                make(case, unfinished)
                shutil.move(unfinished, target)


def make(case: Case, folder: Path) -> None:
    """Renders `case` into `folder`."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    parts = shapes.make(case.shape)
    surface = materials.material(case.condition, case.light)
    for part in parts:
        part.data.materials.append(surface)
    place(parts, case)
    materials.illuminate(case.light)
    add_camera(case.perspective)
    depth, normal = measure(parts, case.perspective)
    np.save(folder / "depth.npy", depth.astype(np.float32))
    np.save(folder / "normal.npy", normal.astype(np.float32))
    render(folder / "picture.png")


def place(parts: Sequence[Any], case: Case) -> None:
    """Turns the object as `case` sees it, and moves and scales it so that its outline fills the picture to MARGIN."""
    azimuth, elevation, roll = map(math.radians, case.view)
    turn = Matrix.Rotation(roll, 4, "Z") @ Matrix.Rotation(elevation - math.pi / 2, 4, "X")
    turn = turn @ Matrix.Rotation(-azimuth, 4, "Z")
    move(parts, turn)
    points = triangles(parts)[0].reshape(-1, 3)
    shift = -(points.max(0) + points.min(0)) / 2
    scale = 1 / np.abs(points + shift).max()
    for _ in range(50):  # perspective moves the outline as the object moves; without it this ends at once
        moved = (points + shift) * scale
        outline = moved[:, :2] / (1 - moved[:, 2:] * case.perspective)
        low, high = outline.min(0), outline.max(0)
        shift[:2] -= (low + high) / 2 / scale
        scale *= 2 * (1 - 2 * MARGIN) / (high - low).max()
    move(parts, Matrix.Scale(float(scale), 4) @ Matrix.Translation(Vector(shift)))


def move(parts: Sequence[Any], matrix: Matrix) -> None:
    """Moves all of `parts` by `matrix`."""
    bpy.context.view_layer.update()
    for part in parts:
        part.matrix_world = matrix @ part.matrix_world
    bpy.context.view_layer.update()


def add_camera(perspective: float) -> None:
    """A camera that looks along -z at the square from -1 to 1 in the plane z = 0."""
    camera = bpy.data.cameras.new("Camera")
    camera.type = "PERSP" if perspective else "ORTHO"
    camera.ortho_scale = 2
    camera.angle = 2 * math.atan(perspective) if perspective else camera.angle
    item = bpy.data.objects.new("Camera", camera)
    item.location.z = 1 / perspective if perspective else FAR
    bpy.context.collection.objects.link(item)
    bpy.context.scene.camera = item


def triangles(parts: Sequence[Any]) -> tuple[Floats, Floats]:
    """Corners (T, 3, 3) and normals at the corners (T, 3, 3) of all the triangles, with modifiers, in the world."""
    graph = bpy.context.evaluated_depsgraph_get()
    corners, normals = [], []
    for part in parts:
        item = part.evaluated_get(graph)
        mesh = item.to_mesh()
        mesh.calc_loop_triangles()
        vertices, of_corners = np.empty((len(mesh.vertices), 3)), np.empty((len(mesh.loops), 3))
        mesh.vertices.foreach_get("co", vertices.ravel())
        mesh.corner_normals.foreach_get("vector", of_corners.ravel())
        vertex, loop = (np.empty((len(mesh.loop_triangles), 3), np.int32) for _ in range(2))
        mesh.loop_triangles.foreach_get("vertices", vertex.ravel())
        mesh.loop_triangles.foreach_get("loops", loop.ravel())
        matrix = np.array(part.matrix_world)
        corners.append((vertices @ matrix[:3, :3].T + matrix[:3, 3])[vertex])
        turned = of_corners @ np.linalg.inv(matrix[:3, :3])
        normals.append((turned / np.linalg.norm(turned, axis=-1, keepdims=True))[loop])
        item.to_mesh_clear()
    return np.concatenate(corners), np.concatenate(normals)


def measure(parts: Sequence[Any], perspective: float) -> tuple[Floats, Floats]:
    """Depth (N, N) and normals (N, N, 3) where rays through the pixels' centres meet the surface first.

    A ray tells the triangle; the point is then computed in double precision. Normals are those that shade it.
    """
    corners, normals = triangles(parts)
    tree = BVHTree.FromPolygons(
        corners.reshape(-1, 3).tolist(), np.arange(corners.shape[0] * 3).reshape(-1, 3).tolist()
    )
    centres = (np.arange(SIZE) + 0.5) / SIZE * 2 - 1
    x, y = (plane.ravel() for plane in np.meshgrid(centres, -centres))
    if perspective:
        origin = np.broadcast_to([0, 0, 1 / perspective], (len(x), 3))
        ray = np.stack([x, y, np.full_like(x, -1 / perspective)], -1)
    else:
        origin, ray = np.stack([x, y, np.full_like(x, FAR)], -1), np.broadcast_to([0.0, 0.0, -1.0], (len(x), 3))
    found = [tree.ray_cast(*both)[2] for both in zip(origin.tolist(), ray.tolist(), strict=True)]
    hit = np.array([index is not None for index in found])
    triangle = np.array([index for index in found if index is not None])

    # origin + t ray = a + u (b - a) + v (c - a)
    a, b, c = corners[triangle].transpose(1, 0, 2)
    system = np.stack([-ray[hit], b - a, c - a], -1)
    t, u, v = np.linalg.solve(system, (origin[hit] - a)[..., None])[..., 0].T
    weights = np.stack([1 - u - v, u, v], -1)
    normal = np.einsum("tk,tkc->tc", weights, normals[triangle])
    depth_image, normal_image = np.full(len(x), np.nan), np.full((len(x), 3), np.nan)
    depth_image[hit] = origin[hit, 2] + t * ray[hit, 2]
    normal_image[hit] = normal / np.linalg.norm(normal, axis=-1, keepdims=True)
    return depth_image.reshape(SIZE, SIZE), normal_image.reshape(SIZE, SIZE, 3)


def render(file: Path) -> None:
    """Renders the open file on a transparent ground into `file`."""
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.render.resolution_x = scene.render.resolution_y = SIZE
    scene.render.film_transparent = True
    scene.render.image_settings.color_mode = "RGBA"
    scene.render.filepath = str(file)
    scene.cycles.samples = SAMPLES
    scene.cycles.use_denoising = True
    scene.cycles.denoising_quality = "FAST"
    scene.cycles.denoising_prefilter = "NONE"
    scene.cycles.denoising_input_passes = "RGB"
    scene.cycles.use_light_tree = False
    scene.cycles.max_bounces = 2
    scene.view_settings.view_transform = "Standard"
    bpy.ops.render.render(write_still=True)


if __name__ == "__main__":
    main()
