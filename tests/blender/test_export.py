# SPDX-License-Identifier: GPL-3.0-or-later
"""Out of the scene: files that other programs read, and what is told about the mesh before."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest

from tests.blender.conftest import part
from tests.blender.results import SIDE

RED, BLUE = (255, 0, 0), (0, 0, 255)


@pytest.fixture
def made(scene: Any, result: Path) -> Any:
    """A result, shown with the virtual texture on it, with a modifier, and in another scene too; another mesh is
    selected as well."""
    bpy.ops.drape.import_result(directory=str(result))
    made = bpy.context.object
    made.modifiers.new("Triangulate", "TRIANGULATE")
    part("result.material").show(made.active_material, "Virtual Texture")
    other = bpy.data.objects.new("other", bpy.data.meshes.new("other"))
    scene.collection.objects.link(other)
    other.select_set(True)
    bpy.data.scenes.new("other").collection.objects.link(made)
    return made


def export(folder: Path, kind: str) -> Path:
    assert bpy.ops.drape.export(filepath=str(folder / "out"), file_format=kind) == {"FINISHED"}
    return folder / f"out{part('export.formats').FORMATS[kind].suffix}"


def glb_tree(file: Path) -> dict[str, Any]:
    data = file.read_bytes()
    tree: dict[str, Any] = json.loads(data[20 : 20 + int.from_bytes(data[12:16], "little")])
    return tree


def names() -> list[list[str]]:
    return [sorted(kind.keys()) for kind in (bpy.data.objects, bpy.data.meshes, bpy.data.materials, bpy.data.scenes)]


@pytest.mark.parametrize("kind", ["GLB", "USD", "FBX", "OBJ", "BLEND"])
def test_nothing_is_left_changed(made: Any, tmp_path: Path, kind: str) -> None:
    before, selected = names(), set(bpy.context.selected_objects)
    path = made.active_material.node_tree.nodes["Picture"].image.filepath_raw
    export(tmp_path, kind)
    assert names() == before
    assert set(bpy.context.selected_objects) == selected
    assert bpy.context.object == made
    assert part("result.material").shown(made.active_material) == "Virtual Texture"
    assert [layer.name for layer in made.data.uv_layers] == ["Virtual Texture", "Picture"]
    assert made.active_material.node_tree.nodes["Picture"].image.filepath_raw == path
    assert not list(tmp_path.glob(".drape*"))


def test_glb(made: Any, tmp_path: Path) -> None:
    tree = glb_tree(export(tmp_path, "GLB"))
    assert [node["name"] for node in tree["nodes"]] == ["sheet"]
    assert len(tree["images"]) == 1
    assert {"TEXCOORD_0", "TEXCOORD_1"} <= set(tree["meshes"][0]["primitives"][0]["attributes"])
    assert tree["materials"][0]["name"] == "sheet"
    assert tree["materials"][0]["pbrMetallicRoughness"]["baseColorTexture"].get("texCoord", 0) == 0
    assert tree["accessors"][tree["meshes"][0]["primitives"][0]["indices"]]["count"] == 6 * SIDE * SIDE


def test_obj(made: Any, result: Path, tmp_path: Path) -> None:
    """The picture's UVs, the only ones that the format has room for; the texture beside, also when it was packed."""
    (result / "texture.png").unlink()
    lines = [line.split() for line in export(tmp_path, "OBJ").read_text().splitlines()]
    assert sum(line[0] == "f" for line in lines) == 2 * SIDE * SIDE
    written = np.array([line[1:] for line in lines if line[0] == "vt"], float)
    with np.load(result / "mesh.npz") as arrays:
        expected = np.unique(arrays["uv_picture"].reshape(-1, 2), axis=0)
    np.testing.assert_allclose(np.unique(written, axis=0), expected, atol=1e-5)
    assert "map_Kd out_texture.png" in (tmp_path / "out.mtl").read_text()
    assert tuple(part("picture.image_editor").read_pixels(tmp_path / "out_texture.png")[0, 0]) == (1, 0, 0, 1)


def test_a_painted_texture_is_exported_as_painted(made: Any, tmp_path: Path) -> None:
    """Also before the painting was saved; it stays unsaved."""
    image = next(image for image in bpy.data.images if image.size[0] == 8)
    image.pixels[:] = [0.0, 0.0, 1.0, 1.0] * 64
    export(tmp_path, "OBJ")
    assert tuple(part("picture.image_editor").read_pixels(tmp_path / "out_texture.png")[0, 0]) == (0, 0, 1, 1)
    assert image.is_dirty


@pytest.mark.parametrize("kind", ["FBX", "USD", "GLB"])
def test_it_comes_back(made: Any, result: Path, tmp_path: Path, kind: str) -> None:
    (result / "texture.png").unlink()
    file = export(tmp_path, kind)
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    if kind == "FBX":
        bpy.ops.import_scene.fbx(filepath=str(file))
    elif kind == "USD":
        bpy.ops.wm.usd_import(filepath=str(file))
    else:
        bpy.ops.import_scene.gltf(filepath=str(file))
    mesh = bpy.data.meshes[0]
    assert [thing.name for thing in bpy.data.objects if thing.type == "MESH"] == ["sheet"]
    assert len(mesh.polygons) == 2 * SIDE * SIDE
    assert len(mesh.uv_layers) == 2
    image = next(image for image in bpy.data.images if image.size[0] == 8)
    assert tuple(image.pixels[:4]) == (1, 0, 0, 1)


def test_blend_holds_the_result_as_it_is(made: Any, tmp_path: Path) -> None:
    file = export(tmp_path, "BLEND")
    with bpy.data.libraries.load(str(file)) as (there, here):
        here.objects = there.objects
    (loaded,) = here.objects
    assert loaded["drape_method"] == "dreamtexture"
    assert [modifier.name for modifier in loaded.modifiers] == ["Triangulate"]
    assert part("result.material").shown(loaded.active_material) == "Virtual Texture"
    assert loaded.active_material.node_tree.nodes["Picture"].image.packed_file is not None


def test_any_mesh_can_be_exported(scene: Any, tmp_path: Path) -> None:
    mesh = bpy.data.meshes.new("triangle")
    mesh.from_pydata([(0, 0, 0), (1, 0, 0), (0, 1, 0)], [], [(0, 1, 2)])
    thing = bpy.data.objects.new("triangle", mesh)
    scene.collection.objects.link(thing)
    bpy.context.view_layer.objects.active = thing
    assert [node["name"] for node in glb_tree(export(tmp_path, "GLB"))["nodes"]] == ["triangle"]


def test_a_folder_that_is_not_there(made: Any, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="can't be written"):
        bpy.ops.drape.export(filepath=str(tmp_path / "nowhere" / "out.glb"))


def test_only_a_mesh_and_not_in_edit_mode(made: Any) -> None:
    bpy.ops.object.mode_set(mode="EDIT")
    assert not bpy.ops.drape.export.poll()
    bpy.ops.object.mode_set(mode="OBJECT")
    bpy.context.view_layer.objects.active = None
    assert not bpy.ops.drape.export.poll()


def checked(thing: Any) -> tuple[list[str], list[str]]:
    checks = part("export.mesh_checks").of_object(bpy.context, thing)
    return [check.text for check in checks if check.good], [check.text for check in checks if not check.good]


def test_a_result_without_flaws(made: Any) -> None:
    good, bad = checked(made)
    assert bad == []
    assert good[0] == "Virtual Texture: UVs between 0 and 1"
    assert "Picture: on most of it areas are" in good[3]


def test_thickness_is_no_flaw(made: Any) -> None:
    made["drape_method"] = "dreamtexture"
    assert bpy.ops.drape.add_thickness() == {"FINISHED"}
    assert checked(made)[1] == []
    assert made.modifiers["Thickness"].show_viewport


def test_what_is_wrong_is_told(made: Any) -> None:
    """One of 16 faces mirrored, one without area, one moved out of the texture."""
    uv = made.data.uv_layers["Picture"].uv
    for corner in range(4):
        uv[corner].vector = (0.5, 0.5)
        uv[4 + corner].vector.x *= -1
        uv[8 + corner].vector.x += 2
    made.modifiers.clear()
    _, bad = checked(made)
    assert bad == [
        "Picture: 12.5% of the UVs beyond 0 to 1", "Picture: 1 faces without area", "Picture: 1 faces mirrored"
    ]  # fmt: skip


def test_without_uvs_or_faces(scene: Any) -> None:
    mesh = bpy.data.meshes.new("none")
    thing = bpy.data.objects.new("none", mesh)
    scene.collection.objects.link(thing)
    assert checked(thing)[1] == ["It has no faces"]
    mesh.from_pydata([(0, 0, 0), (1, 0, 0), (0, 1, 0)], [], [(0, 1, 2)])
    assert checked(thing)[1] == ["It has no UVs"]
