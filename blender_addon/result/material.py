# SPDX-License-Identifier: GPL-3.0-or-later
"""The material of a result: the picture; the virtual checkerboard and a blend of both are one switch away.

They are nodes of one tree, and the switch is which of them feeds the base colour: every renderer and exporter
understands that, also where this extension is not installed.
"""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np

from ..distortion.scales import SEQUENTIAL, linear

VIRTUAL_TEXTURE = "Virtual Texture"
PICTURE = "Picture"
BLEND = "Blend"
CONFIDENCE = "Confidence"
"""Both what the material shows and the mesh's attribute that it shows, 0..1."""
LOWEST = 0.5  # confidence at the beginning of the colours: normals off by 45 degrees
ROUGHNESS = 0.9
CHECKER_SIDE = 1024  # px, about: so many that its edges are sharp
CHECKER_COLORS = 0.15, 0.95  # sRGB


def make(name: str, texture: Path, squares: float, *, sure: bool, normal_map: Path | None = None) -> bpy.types.Material:
    """A matte material that shows the picture file `texture`, which is packed into the .blend, through the UV layer
    `Picture`; the checkerboard has `squares` squares from 0 to 1 of the UV layer `Virtual Texture`.

    sure: whether the mesh has the attribute CONFIDENCE. normal_map: a picture file of normals in tangent space, packed
    as well, for the same UV layer.
    """
    material = bpy.data.materials.new(name)
    if material.node_tree is None:  # from 5.0 on it has one from the start
        material.use_nodes = True
    tree = material.node_tree
    tree.nodes.clear()
    output = _node(tree, "ShaderNodeOutputMaterial", 300, 0)
    surface = _node(tree, "ShaderNodeBsdfPrincipled", 0, 0)
    surface.inputs["Roughness"].default_value = ROUGHNESS
    tree.links.new(surface.outputs["BSDF"], output.inputs["Surface"])

    picture = _node(tree, "ShaderNodeTexImage", -350, 100, PICTURE)
    picture.image = bpy.data.images.load(str(texture), check_existing=False)
    picture.image.name = f"{name} Texture"
    picture.image.pack()
    picture.extension = "EXTEND"
    checker = _node(tree, "ShaderNodeTexImage", -350, -250, VIRTUAL_TEXTURE)
    checker.image = _checkerboard(round(squares))
    for node, layer in ((picture, PICTURE), (checker, VIRTUAL_TEXTURE)):
        uv = _node(tree, "ShaderNodeUVMap", -600, node.location.y - 50)
        uv.uv_map = layer
        tree.links.new(uv.outputs["UV"], node.inputs["Vector"])
    if sure:
        _add_confidence(tree)
    if normal_map:
        _add_normal_map(tree, normal_map, surface)
    show(material, PICTURE)
    return material


def shown(material: bpy.types.Material | None) -> str | None:
    """Which of PICTURE, VIRTUAL_TEXTURE, BLEND and CONFIDENCE `material` shows; None for one that isn't (any more) one
    of ours.
    """
    nodes = material.node_tree.nodes if material is not None and material.node_tree is not None else {}
    if PICTURE not in nodes or VIRTUAL_TEXTURE not in nodes:
        return None
    source = next((link.from_node.name for node in nodes for link in _base_color(node)), "")
    return source if source in (PICTURE, VIRTUAL_TEXTURE, BLEND, CONFIDENCE) else None


def tells_confidence(material: bpy.types.Material) -> bool:
    """Whether `material`, one made here, can show CONFIDENCE."""
    return CONFIDENCE in material.node_tree.nodes


def show(material: bpy.types.Material, what: str) -> None:
    """Feeds the base colour of `material`, one made here, from its node `what`, or shows the picture where it has
    none.

    What Solid shading, Texture Paint and the UV editor show follows: the image, and in all meshes with this material
    the UV layer that it lies on.
    """
    tree = material.node_tree
    seen = VIRTUAL_TEXTURE if what == VIRTUAL_TEXTURE else PICTURE
    tree.nodes.active = tree.nodes[seen]
    for mesh in bpy.data.meshes:
        if seen in mesh.uv_layers and material.name in mesh.materials:
            mesh.uv_layers.active = mesh.uv_layers[seen]
            mesh.uv_layers[seen].active_render = True
    surface = next(node for node in tree.nodes if node.type == "BSDF_PRINCIPLED")
    if what == BLEND:
        output = share_of_picture(material).node.outputs[2]
    else:
        output = tree.nodes.get(what, tree.nodes[PICTURE]).outputs["Color"]
    tree.links.new(output, surface.inputs["Base Color"])


def share_of_picture(material: bpy.types.Material) -> bpy.types.NodeSocket:
    """The socket that says how much of the picture is in the blend, 0..1; its node is made where missing."""
    tree = material.node_tree
    if BLEND not in tree.nodes:
        mix = _node(tree, "ShaderNodeMix", -170, -80, BLEND)
        mix.data_type = "RGBA"
        colors = [socket for socket in mix.inputs if socket.type == "RGBA"]
        for socket, source in zip(colors, (VIRTUAL_TEXTURE, PICTURE), strict=True):
            tree.links.new(tree.nodes[source].outputs["Color"], socket)
    return tree.nodes[BLEND].inputs["Factor"]


def _checkerboard(squares: int) -> bpy.types.Image:
    """The file's packed image with so many `squares` along a side: an image, since Solid shading knows no other
    textures."""
    name = f"Drape Checker {squares}"
    if name in bpy.data.images:
        return bpy.data.images[name]
    number = np.arange(squares).repeat(max(1, CHECKER_SIDE // squares))
    dark = (number + number[:, None]) % 2 == 0
    pixels = np.ones((*dark.shape, 4), np.float32)
    pixels[..., :3] = np.where(dark, *CHECKER_COLORS)[..., None]
    image = bpy.data.images.new(name, len(number), len(number))
    image.pixels.foreach_set(pixels.ravel())
    image.update()
    image.pack()
    return image


def _add_confidence(tree: bpy.types.NodeTree) -> None:
    """Colours of the attribute, from blue, a guess, to yellow, sure: told apart with any kind of colour vision."""
    attribute = _node(tree, "ShaderNodeAttribute", -600, -500)
    attribute.attribute_name = CONFIDENCE
    ramp = _node(tree, "ShaderNodeValToRGB", -350, -500, CONFIDENCE)
    tree.links.new(attribute.outputs["Fac"], ramp.inputs["Fac"])
    elements = ramp.color_ramp.elements
    places = np.linspace(LOWEST, 1, len(SEQUENTIAL))
    for place in places[1:-1]:
        elements.new(float(place))
    for element, place, color in zip(elements, places, linear(np.array(SEQUENTIAL)), strict=True):
        element.position, element.color = float(place), (*color.tolist(), 1.0)


def _add_normal_map(tree: bpy.types.NodeTree, file: Path, surface: bpy.types.Node) -> None:
    """Bends the normals of `surface` by the picture `file`."""
    image = _node(tree, "ShaderNodeTexImage", -650, -800)
    image.image = bpy.data.images.load(str(file), check_existing=False)
    image.image.colorspace_settings.name = "Non-Color"
    image.image.pack()
    image.extension = "EXTEND"
    bent = _node(tree, "ShaderNodeNormalMap", -350, -800)
    bent.uv_map = PICTURE
    uv = _node(tree, "ShaderNodeUVMap", -900, -850)
    uv.uv_map = PICTURE
    tree.links.new(uv.outputs["UV"], image.inputs["Vector"])
    tree.links.new(image.outputs["Color"], bent.inputs["Color"])
    tree.links.new(bent.outputs["Normal"], surface.inputs["Normal"])


def _base_color(node: bpy.types.Node) -> tuple[bpy.types.NodeLink, ...]:
    return tuple(node.inputs["Base Color"].links) if node.type == "BSDF_PRINCIPLED" else ()


def _node(tree: bpy.types.NodeTree, kind: str, x: float, y: float, name: str = "") -> bpy.types.Node:
    node = tree.nodes.new(kind)
    node.location = x, y
    if name:
        node.name = node.label = name
    return node
