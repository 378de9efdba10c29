# SPDX-License-Identifier: GPL-3.0-or-later
"""Renders pictures of real models with Blender's Cycles: `python -m tests.benchmark.real.render FILE.npz ...`, in a
Python that has bpy. Beside each file of `models.describe` comes a .png (RGBA).

The world is the camera's frame: the picture plane is z = 0 from -1 to 1.
"""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from mathutils import Vector

SIZE = 512  # pixels
SAMPLES = 12
FAR = 10.0  # half crops: the orthographic camera's distance


def main() -> None:
    """The command."""
    for file in map(Path, sys.argv[1:]):
        bpy.ops.wm.read_factory_settings(use_empty=True)
        with np.load(file) as described:
            add_model(described)
            add_camera(float(described["perspective"]))
            add_lights(described)
        render(file.with_suffix(".png"))


def add_model(described: Any) -> None:
    """The mesh with its normals and materials."""
    corners = described["corners"]
    mesh = bpy.data.meshes.new("Model")
    mesh.from_pydata(corners.reshape(-1, 3).tolist(), [], np.arange(3 * len(corners)).reshape(-1, 3).tolist())
    mesh.uv_layers.new().data.foreach_set("uv", np.nan_to_num(described["uv"]).astype(np.float32).ravel())
    mesh.polygons.foreach_set("material_index", described["material"].astype(np.int32))
    mesh.shade_smooth()
    mesh.normals_split_custom_set(described["normals"].reshape(-1, 3).tolist())
    for k, colour in enumerate(described["colours"]):
        mesh.materials.append(material(colour, described.get(f"texture_{k}"), described["finishes"][k]))
    mesh.update()
    bpy.context.collection.objects.link(bpy.data.objects.new("Model", mesh))


def material(colour: Any, pixels: Any, finish: Any) -> Any:
    """Of display values `colour` (3,), or of a texture's `pixels` (h, w, 4) bytes, row 0 on top, clear where its
    opacity is below a half; `finish`: roughness and gloss.
    """
    made = bpy.data.materials.new("Material")
    made.use_nodes = True
    nodes, links = made.node_tree.nodes, made.node_tree.links
    surface = nodes["Principled BSDF"]
    surface.inputs["Roughness"].default_value, surface.inputs["Specular IOR Level"].default_value = map(float, finish)
    if pixels is None:
        linear = np.where(colour <= 0.04045, colour / 12.92, ((colour + 0.055) / 1.055) ** 2.4)
        surface.inputs["Base Color"].default_value = (*map(float, linear), 1.0)
        return made
    image = bpy.data.images.new("Texture", pixels.shape[1], pixels.shape[0], alpha=True)
    image.alpha_mode = "CHANNEL_PACKED"
    image.pixels.foreach_set((pixels[::-1].astype(np.float32) / 255).ravel())
    texture = nodes.new("ShaderNodeTexImage")
    texture.image = image
    links.new(texture.outputs["Color"], surface.inputs["Base Color"])
    if (pixels[..., 3] < 128).any():
        solid = nodes.new("ShaderNodeMath")
        solid.operation, solid.inputs[1].default_value = "GREATER_THAN", 0.5
        links.new(texture.outputs["Alpha"], solid.inputs[0])
        links.new(solid.outputs[0], surface.inputs["Alpha"])
    return made


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


def add_lights(described: Any) -> None:
    """A sky of one colour and suns: for each direction towards one, strength and colour, and its angle."""
    world = bpy.data.worlds.new("World")
    world.use_nodes = True
    world.node_tree.nodes["Background"].inputs["Color"].default_value = (*map(float, described["sky"]), 1.0)
    bpy.context.scene.world = world
    for direction, light, angle in zip(described["suns"], described["lights"], described["angles"], strict=True):
        sun = bpy.data.lights.new("Sun", "SUN")
        sun.energy, sun.angle = float(light.max()), float(angle)
        sun.color = (light / light.max()).tolist()
        item = bpy.data.objects.new("Sun", sun)
        item.rotation_euler = Vector(direction.tolist()).to_track_quat("Z", "Y").to_euler()
        bpy.context.collection.objects.link(item)


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
