# SPDX-License-Identifier: GPL-3.0-or-later
"""How the benchmark's objects look: their materials, the sun and the sky."""

from __future__ import annotations

from typing import Any

import bpy
import numpy as np
from mathutils import Vector

from tests.benchmark.scenes.cases import Condition

GREY, CLAY = (0.75, 0.75, 0.75, 1), (0.72, 0.42, 0.28, 1)
# Of a sun: the direction to it in the camera's frame (x right, y up, z towards the camera), strength, angular
# diameter (radians) and colour; of the sky, brightest on top: strength and colour.
LIGHTS = (
    ((-0.65, 0.7, 0.5), 2.2, 0.2, (1.0, 1.0, 1.0), 0.3, (1.0, 1.0, 1.0)),
    ((0.9, 0.25, 0.45), 2.7, 0.4, (1.0, 0.86, 0.7), 0.25, (0.75, 0.87, 1.0)),
)


def material(condition: Condition, light: int) -> Any:
    """The material of `condition`, in its variant for `light`."""
    made = bpy.data.materials.new(condition)
    made.use_nodes = True
    tree = made.node_tree
    surface = next(node for node in tree.nodes if node.type == "BSDF_PRINCIPLED")
    surface.inputs["Roughness"].default_value = 0.5
    surface.inputs["Specular IOR Level"].default_value = 0.3
    if condition == "silhouette":
        surface.inputs["Base Color"].default_value = (0, 0, 0, 1)
        surface.inputs["Specular IOR Level"].default_value = 0
        surface.inputs["Emission Color"].default_value = (1, 1, 1, 1)
        surface.inputs["Emission Strength"].default_value = 0.5
    elif condition == "shading":
        surface.inputs["Base Color"].default_value = (GREY, CLAY)[light]
    else:
        place = tree.nodes.new("ShaderNodeTexCoord").outputs["Object"]
        colour = _regular(tree, place, light) if condition == "regular" else _natural(tree, place, light)
        tree.links.new(colour, surface.inputs["Base Color"])
    return made


def _regular(tree: Any, place: Any, light: int) -> Any:
    """Dots or a checker, laid on from the three axes' directions, which meet without a fade at creases."""
    size = 256
    x, y = (np.mgrid[:size, :size] + 0.5) / size - 0.5
    inside = (np.hypot(x, y) < 0.3) if light == 0 else (x * y > 0)
    first, second = ((0.85, 0.8, 0.7), (0.1, 0.2, 0.55)) if light == 0 else ((0.85, 0.85, 0.85), (0.12, 0.12, 0.12))
    pixels = np.ones((size, size, 4), np.float32)
    pixels[..., :3] = np.where(inside[..., None], second, first)
    image = bpy.data.images.new("Tile", size, size, float_buffer=True)
    image.pixels.foreach_set(pixels.ravel())
    node, scale = tree.nodes.new("ShaderNodeTexImage"), tree.nodes.new("ShaderNodeMapping")
    node.image, node.projection, node.projection_blend = image, "BOX", 0.1
    for axis in range(3):
        scale.inputs["Scale"].default_value[axis] = 3.0 if light == 0 else 2.0
    tree.links.new(place, scale.inputs["Vector"])
    tree.links.new(scale.outputs["Vector"], node.inputs["Vector"])
    return node.outputs["Color"]


def _natural(tree: Any, place: Any, light: int) -> Any:
    """Wood or marble, solid: the object looks carved from it."""
    wave, ramp = tree.nodes.new("ShaderNodeTexWave"), tree.nodes.new("ShaderNodeValToRGB")
    wave.wave_type = "RINGS" if light == 0 else "BANDS"
    values = {"Scale": 1.6, "Distortion": 4.0, "Detail": 3.0, "Detail Scale": 1.2}
    if light == 1:
        values = {"Scale": 0.9, "Distortion": 12.0, "Detail": 4.0, "Detail Scale": 1.0}
    for name, value in values.items():
        wave.inputs[name].default_value = value
    colours = (
        ((0.24, 0.1, 0.035, 1), (0.6, 0.33, 0.13, 1)) if light == 0 else ((0.3, 0.32, 0.36, 1), (0.85,) * 3 + (1,))
    )
    for element, colour in zip(ramp.color_ramp.elements, colours, strict=True):
        element.color = colour
    if light == 1:
        ramp.color_ramp.elements[1].position = 0.35
    tree.links.new(place, wave.inputs["Vector"])
    tree.links.new(wave.outputs["Color"], ramp.inputs["Fac"])
    return ramp.outputs["Color"]


def illuminate(light: int) -> None:
    """Puts sun and sky number `light` into the open file."""
    direction, strength, angle, colour, sky_strength, sky_colour = LIGHTS[light]
    lamp = bpy.data.lights.new("Sun", "SUN")
    lamp.energy, lamp.angle, lamp.color = strength, angle, colour
    sun = bpy.data.objects.new("Sun", lamp)
    sun.rotation_euler = Vector(direction).to_track_quat("Z", "Y").to_euler()
    bpy.context.collection.objects.link(sun)

    world = bpy.data.worlds.new("Sky")
    world.use_nodes = True
    tree = world.node_tree
    background = next(node for node in tree.nodes if node.type == "BACKGROUND")
    place, split, ramp = (tree.nodes.new(f"ShaderNode{kind}") for kind in ("TexCoord", "SeparateXYZ", "MapRange"))
    ramp.inputs["From Min"].default_value, ramp.inputs["From Max"].default_value = -1, 1
    ramp.inputs["To Min"].default_value, ramp.inputs["To Max"].default_value = 0.25 * sky_strength, 1.75 * sky_strength
    tree.links.new(place.outputs["Generated"], split.inputs[0])
    tree.links.new(split.outputs["Y"], ramp.inputs["Value"])
    tree.links.new(ramp.outputs[0], background.inputs["Strength"])
    background.inputs["Color"].default_value = (*sky_colour, 1)
    world.cycles.sampling_method = "NONE"  # a sky this smooth needs no map of where it is bright
    bpy.context.scene.world = world
