# SPDX-License-Identifier: GPL-3.0-or-later
"""Renders docs/sample.png, a glazed jug on transparent ground: `.venv-blender/bin/python docs/make_sample.py`."""

from __future__ import annotations

import math
import sys
from pathlib import Path

import bpy
from mathutils import Vector

SIZE = 512  # px
# The jug's outline: radius and height, from the foot up.
OUTLINE = [
    (0.0, 0.0), (0.42, 0.0), (0.45, 0.03), (0.46, 0.09), (0.62, 0.28), (0.75, 0.52), (0.79, 0.74), (0.74, 0.98),
    (0.58, 1.22), (0.42, 1.38), (0.37, 1.52), (0.40, 1.68), (0.49, 1.80), (0.50, 1.83), (0.46, 1.82), (0.35, 1.62),
    (0.33, 1.50), (0.38, 1.36), (0.0, 1.20),
]  # fmt: skip
# The handle's middle line in the plane of the picture: right and up.
HANDLE = [(0.32, 1.56), (0.64, 1.67), (0.92, 1.50), (0.98, 1.22), (0.88, 0.96), (0.72, 0.80)]
CREAM, BLUE, RUST = (0.82, 0.70, 0.50, 1), (0.03, 0.13, 0.30, 1), (0.55, 0.13, 0.03, 1)


def jug() -> None:
    """The body turned from its outline, the handle swept along its line, one glaze on both."""
    glaze = glazed()
    mesh = bpy.data.meshes.new("Body")
    turns = 96
    mesh.from_pydata(
        [
            (r * math.cos(a), r * math.sin(a), z)
            for r, z in OUTLINE
            for a in (2 * math.pi * k / turns for k in range(turns))
        ],
        [],
        [
            (i * turns + k, i * turns + (k + 1) % turns, (i + 1) * turns + (k + 1) % turns, (i + 1) * turns + k)
            for i in range(len(OUTLINE) - 1)
            for k in range(turns)
        ],
    )
    body = bpy.data.objects.new("Body", mesh)
    curve = bpy.data.curves.new("Handle", "CURVE")
    curve.dimensions = "3D"
    curve.bevel_depth = 0.085
    curve.bevel_resolution = 8
    spline = curve.splines.new("BEZIER")
    spline.bezier_points.add(len(HANDLE) - 1)
    for point, (x, z) in zip(spline.bezier_points, HANDLE, strict=True):
        point.co = (x, 0, z)
        point.handle_left_type = point.handle_right_type = "AUTO"
    for item in (body, bpy.data.objects.new("Handle", curve)):
        item.data.materials.append(glaze)
        bpy.context.collection.objects.link(item)
        smooth = item.modifiers.new("Smooth", "SUBSURF") if item is body else None
        if smooth:
            smooth.levels = smooth.render_levels = 2
            mesh.shade_smooth()


def glazed() -> bpy.types.Material:
    """Bands of glaze by height, their borders uneven as a brush leaves them, with darker specks."""
    material = bpy.data.materials.new("Glaze")
    material.use_nodes = True
    tree = material.node_tree
    surface = next(node for node in tree.nodes if node.type == "BSDF_PRINCIPLED")
    surface.inputs["Roughness"].default_value = 0.35
    place, split = tree.nodes.new("ShaderNodeTexCoord"), tree.nodes.new("ShaderNodeSeparateXYZ")
    uneven, height = tree.nodes.new("ShaderNodeTexNoise"), tree.nodes.new("ShaderNodeMath")
    bands, specks = tree.nodes.new("ShaderNodeValToRGB"), tree.nodes.new("ShaderNodeTexNoise")
    threshold, mix = tree.nodes.new("ShaderNodeValToRGB"), tree.nodes.new("ShaderNodeMixRGB")
    uneven.inputs["Scale"].default_value = 3.0
    specks.inputs["Scale"].default_value = 14.0
    height.operation = "MULTIPLY_ADD"
    height.inputs[1].default_value = 0.12
    bands.color_ramp.interpolation = "EASE"
    stops = [(0.0, RUST), (0.19, RUST), (0.21, CREAM), (0.41, CREAM), (0.43, BLUE), (0.59, BLUE), (0.61, CREAM),
             (0.66, CREAM), (0.68, RUST), (0.72, RUST), (0.74, CREAM)]  # fmt: skip
    while len(bands.color_ramp.elements) < len(stops):
        bands.color_ramp.elements.new(1.0)
    for element, (position, colour) in zip(bands.color_ramp.elements, stops, strict=True):
        element.position, element.color = position, colour
    threshold.color_ramp.elements[0].position, threshold.color_ramp.elements[1].position = 0.60, 0.66
    threshold.color_ramp.elements[1].color = (0.45, 0.45, 0.45, 1)
    mix.inputs["Color2"].default_value = (0.10, 0.05, 0.02, 1)
    scale = tree.nodes.new("ShaderNodeMath")
    scale.operation = "DIVIDE"
    scale.inputs[1].default_value = 2.0
    for source, target in (
        (place.outputs["Object"], split.inputs[0]),
        (place.outputs["Object"], uneven.inputs["Vector"]),
        (place.outputs["Object"], specks.inputs["Vector"]),
        (uneven.outputs[0], height.inputs[0]),
        (split.outputs["Z"], height.inputs[2]),
        (height.outputs[0], scale.inputs[0]),
        (scale.outputs[0], bands.inputs[0]),
        (specks.outputs[0], threshold.inputs[0]),
        (threshold.outputs[0], mix.inputs[0]),
        (bands.outputs[0], mix.inputs["Color1"]),
        (mix.outputs[0], surface.inputs["Base Color"]),
    ):
        tree.links.new(source, target)
    return material


def look_at(item: bpy.types.Object, target: Vector) -> None:
    """Turns the -z axis of `item` to `target`."""
    item.rotation_euler = (target - item.location).to_track_quat("-Z", "Y").to_euler()


def studio() -> None:
    """A long lens a little above the jug, one large lamp from the left, a weak one from the right."""
    middle = Vector((0.11, 0, 0.92))
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    camera.data.lens = 132
    camera.location = middle + Vector((0, -8.6, 2.2))
    lamps = [((-3, -4, 4.5), 420, 2.5), ((4, -3, 1.5), 90, 3.0), ((1, 4, 4), 160, 2.0)]
    for number, (place, power, size) in enumerate(lamps):
        lamp = bpy.data.objects.new(f"Lamp {number}", bpy.data.lights.new(f"Lamp {number}", "AREA"))
        lamp.data.energy, lamp.data.size, lamp.location = power, size, place
        look_at(lamp, middle)
        bpy.context.collection.objects.link(lamp)
    look_at(camera, middle)
    bpy.context.collection.objects.link(camera)
    bpy.context.scene.camera = camera
    world = bpy.data.worlds.new("World")
    world.use_nodes = True
    world.node_tree.nodes["Background"].inputs["Strength"].default_value = 0.35
    world.node_tree.nodes["Background"].inputs["Color"].default_value = (1, 1, 1, 1)
    bpy.context.scene.world = world


def main(file: Path) -> None:
    """Renders the jug into `file`."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    jug()
    studio()
    render = bpy.context.scene.render
    render.engine = "CYCLES"
    render.resolution_x = render.resolution_y = SIZE
    render.film_transparent = True
    render.image_settings.color_mode = "RGBA"
    render.image_settings.compression = 100
    render.filepath = str(file)
    bpy.context.scene.cycles.samples = 96
    bpy.context.scene.view_settings.view_transform = "Standard"
    bpy.ops.render.render(write_still=True)


if __name__ == "__main__":
    main(Path(*sys.argv[1:]) if sys.argv[1:] else Path(__file__).with_name("sample.png"))
