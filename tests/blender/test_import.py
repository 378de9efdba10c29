# SPDX-License-Identifier: GPL-3.0-or-later
"""A result in the scene: mesh, UV layers, material, and one undo step."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest

from tests.blender.conftest import part
from tests.blender.results import SIDE, write_result


def imported(result: Path) -> Any:
    assert bpy.ops.drape.import_result(directory=str(result)) == {"FINISHED"}
    return bpy.context.object


def corners(layer: Any) -> np.ndarray:
    values = np.empty(2 * len(layer.uv), np.float32)
    layer.uv.foreach_get("vector", values)
    return values.reshape(-1, 4, 2)


def test_the_mesh_is_the_engines(scene: Any, result: Path) -> None:
    made = imported(result)
    with np.load(result / "mesh.npz") as arrays:
        vertices = np.empty(arrays["vertices"].size, np.float32)
        made.data.vertices.foreach_get("co", vertices)
        np.testing.assert_array_equal(vertices.reshape(-1, 3), arrays["vertices"])
        np.testing.assert_array_equal([list(face.vertices) for face in made.data.polygons], arrays["faces"])
        np.testing.assert_array_equal(corners(made.data.uv_layers["Virtual Texture"]), arrays["uv_virtual_texture"])
        np.testing.assert_array_equal(corners(made.data.uv_layers["Picture"]), arrays["uv_picture"])
    assert len(made.data.edges) == 2 * SIDE * (SIDE + 1)
    assert all(face.use_smooth for face in made.data.polygons)
    assert not made.data.validate()


def test_faces_look_outwards(scene: Any, result: Path) -> None:
    """The front faces -y."""
    assert all(face.normal.y < 0 for face in imported(result).data.polygons)


def test_the_uv_layers_have_their_roles(scene: Any, result: Path) -> None:
    """The active one is the one that the material shows, and its image the one that Solid shading and painting take."""
    made = imported(result)
    layers, nodes = made.data.uv_layers, made.active_material.node_tree.nodes
    assert [layer.name for layer in layers] == ["Virtual Texture", "Picture"]
    for content, layer in ((None, "Picture"), ("Virtual Texture", "Virtual Texture"), ("Blend", "Picture")):
        if content is not None:
            bpy.ops.drape.show_texture(content=content)
        assert layers.active.name == layer
        assert [layer.name for layer in layers if layer.active_render] == [layer]
        assert nodes.active == nodes[layer]
        assert nodes.active.type == "TEX_IMAGE"


def test_it_stands_at_the_cursor_selected(scene: Any, result: Path) -> None:
    other = bpy.data.objects.new("other", None)
    scene.collection.objects.link(other)
    other.select_set(True)
    scene.cursor.location = (1, 2, 3)
    made = imported(result)
    assert tuple(made.location) == (1, 2, 3)
    assert bpy.context.selected_objects == [made]
    assert made.name in bpy.context.collection.objects


def test_it_says_where_it_comes_from(scene: Any, result: Path) -> None:
    made = imported(result)
    assert made.name == made.data.name == "sheet"
    assert made["drape_job"] == str(result)
    assert made["drape_method"] == "dreamtexture"
    assert made["drape_verdict"] == "good"
    assert dict(made["drape_quality"]) == {"foldovers": 3, "conformal_energy": 0.25}


def test_the_texture_is_packed(scene: Any, result: Path, tmp_path: Path) -> None:
    imported(result)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "file.blend"))
    shutil.rmtree(result)
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "file.blend"))
    image = bpy.data.objects["sheet"].active_material.node_tree.nodes["Picture"].image
    assert image.packed_file is not None
    assert tuple(image.size) == (8, 8)
    assert tuple(image.pixels[:4]) == (1, 0, 0, 1)


def test_the_checkerboard_is_one_switch_away(scene: Any, result: Path) -> None:
    material = imported(result).active_material
    surface = next(node for node in material.node_tree.nodes if node.type == "BSDF_PRINCIPLED")

    def base_colour() -> tuple[Any, str]:
        node = surface.inputs["Base Color"].links[0].from_node
        return node, node.inputs["Vector"].links[0].from_node.uv_map

    node, layer = base_colour()
    assert (node.type, layer) == ("TEX_IMAGE", "Picture")
    bpy.ops.drape.show_texture(content="Virtual Texture")
    node, layer = base_colour()
    assert (node.name, layer) == ("Virtual Texture", "Virtual Texture")
    width, height = node.image.size
    pixels = np.empty(4 * width * height, np.float32)
    node.image.pixels.foreach_get(pixels)
    dark = pixels.reshape(height, width, 4)[..., 0] < 0.5
    number = np.arange(9)
    squares = dark[height // 18 :: height // 9, width // 18 :: width // 9]
    np.testing.assert_array_equal(squares, (number + number[:, None]) % 2 == 0)
    assert np.count_nonzero(dark[height // 18, 1:] != dark[height // 18, :-1]) == 8
    bpy.ops.drape.show_texture(content="Picture")
    assert base_colour()[0].type == "TEX_IMAGE"


def test_the_material_shows_both_and_a_blend_when_rendered(scene: Any, result: Path) -> None:
    made = imported(result)
    camera = bpy.data.cameras.new("camera")
    camera.type, camera.ortho_scale = "ORTHO", 1.0
    scene.camera = bpy.data.objects.new("camera", camera)
    scene.camera.location, scene.camera.rotation_euler = (0, -5, 0.5), (np.pi / 2, 0, 0)
    scene.collection.objects.link(scene.camera)
    scene.world = bpy.data.worlds.new("white")
    if scene.world.node_tree is None:
        scene.world.use_nodes = True
    background = next(node for node in scene.world.node_tree.nodes if node.type == "BACKGROUND")
    background.inputs["Color"].default_value = (1, 1, 1, 1)
    scene.render.engine, scene.cycles.samples, scene.view_settings.view_transform = "CYCLES", 4, "Standard"
    scene.render.resolution_x = scene.render.resolution_y = 24
    scene.render.image_settings.file_format = "PNG"

    def rendered(content: str) -> np.ndarray:
        bpy.ops.drape.show_texture(content=content)
        scene.render.filepath = str(result / "render.png")
        bpy.ops.render.render(write_still=True)
        return np.asarray(part("picture.image_editor").read_pixels(result / "render.png"))[..., :3]

    red, _, blue = np.moveaxis(picture := rendered("Picture"), 2, 0)
    assert red[:, 2:10].min() > 0.5 > red[:, 14:22].max()
    assert blue[:, 14:22].min() > 0.5 > blue[:, 2:10].max()
    red, _, blue = np.moveaxis(rendered("Confidence"), 2, 0)
    assert (blue - red)[:, 2:12].min() > 0.1  # dark blue up to one half
    assert (red - blue)[:, 20:22].min() > 0.2  # yellow
    checkerboard = rendered("Virtual Texture")
    assert np.ptp(checkerboard.mean((0, 1))) < 0.02
    assert np.ptp(checkerboard) > 0.5
    part("result.material").share_of_picture(made.active_material).default_value = 0.3
    difference = rendered("Blend") ** 2.2 - (0.3 * picture**2.2 + 0.7 * checkerboard**2.2)
    assert np.median(np.abs(difference)) < 0.03  # apart from the squares' borders, which the samples blur
    assert made.active_material.name == "sheet"


def test_how_sure_the_engine_is_becomes_an_attribute(scene: Any, result: Path) -> None:
    made = imported(result)
    values = np.empty(len(made.data.vertices), np.float32)
    made.data.attributes["Confidence"].data.foreach_get("value", values)
    with np.load(result / "mesh.npz") as arrays:
        np.testing.assert_array_equal(values, arrays["confidence"])
        others = {name: arrays[name] for name in arrays if name != "confidence"}
    np.savez(result / "mesh.npz", **others)
    made = imported(result)
    assert "Confidence" not in made.data.attributes
    assert not part("result.material").tells_confidence(made.active_material)
    bpy.ops.drape.show_texture(content="Confidence")
    assert part("result.material").shown(made.active_material) == "Picture"


def test_one_undo_step(scene: Any, result: Path) -> None:
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.drape.import_result("EXEC_DEFAULT", True, directory=str(result))
    assert "sheet" in bpy.data.objects
    bpy.ops.ed.undo()
    assert "sheet" not in bpy.data.objects
    assert "sheet" not in bpy.data.meshes
    assert "sheet" not in bpy.data.materials
    bpy.ops.ed.redo()
    assert len(bpy.data.objects["sheet"].data.polygons) == SIDE * SIDE


def test_twice_gives_two(scene: Any, result: Path) -> None:
    first, second = imported(result), imported(result)
    assert first != second
    assert first.data != second.data
    assert first.active_material != second.active_material


def test_into_a_file_whose_collection_is_hidden(scene: Any, result: Path) -> None:
    collection = bpy.data.collections.new("hidden")
    scene.collection.children.link(collection)
    layer = bpy.context.view_layer.layer_collection.children["hidden"]
    bpy.context.view_layer.active_layer_collection = layer
    layer.exclude = True
    assert imported(result).name in scene.collection.objects


def test_not_in_edit_mode(scene: Any, result: Path) -> None:
    imported(result)
    bpy.ops.object.mode_set(mode="EDIT")
    assert not bpy.ops.drape.import_result.poll()
    with pytest.raises(RuntimeError, match="edit, sculpt or paint mode"):
        bpy.ops.drape.import_result(directory=str(result))
    bpy.ops.object.mode_set(mode="OBJECT")


def test_a_broken_result_adds_nothing(scene: Any, result: Path) -> None:
    (result / "texture.png").unlink()
    with pytest.raises(RuntimeError, match=r"texture\.png is missing"):
        bpy.ops.drape.import_result(directory=str(result))
    assert not bpy.data.objects
    assert not bpy.data.meshes


def test_there_is_nothing_to_import(scene: Any) -> None:
    with pytest.raises(RuntimeError, match="No result is waiting"):
        bpy.ops.drape.import_result()


def test_collapse_is_kept_with_the_object(scene: Any, tmp_path: Path) -> None:
    assert imported(write_result(tmp_path / "bad", "collapsed"))["drape_verdict"] == "collapsed"


def test_another_result_in_the_same_folder_is_waiting_again(scene: Any, result: Path) -> None:
    """As when a view was painted again while she was in edit mode."""
    waiting = part("result.imported").waiting
    scene.drape.job = str(result)
    assert waiting(bpy.context) == result
    bpy.ops.drape.import_result(directory=str(result))
    assert waiting(bpy.context) is None
    record = json.loads((result / "result.json").read_text())
    (result / "result.json").write_text(json.dumps({**record, "job": "another"}))
    assert waiting(bpy.context) == result
    bpy.ops.drape.import_result()
    assert waiting(bpy.context) is None
    assert len(bpy.data.objects) == 2
