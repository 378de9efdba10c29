# SPDX-License-Identifier: GPL-3.0-or-later
"""In the scene: where a result stands, what it replaces, the camera of its picture, thickness, other scenes."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from bpy_extras.object_utils import world_to_camera_view
from mathutils import Vector

from tests.blender.conftest import part
from tests.blender.results import write_picture, write_result


def imported(result: Path) -> Any:
    assert bpy.ops.drape.import_result(directory=str(result)) == {"FINISHED"}
    bpy.context.view_layer.update()
    return bpy.context.object


@pytest.fixture
def again(scene: Any, tmp_path: Path) -> Path:
    """Another result of the same picture; it replaces."""
    scene.drape_import.replace = True
    folder = write_result(tmp_path / "job 2", "doubtful")
    with np.load(folder / "mesh.npz") as arrays:
        changed = {**arrays, "vertices": arrays["vertices"] * np.array([1, 2, 1], np.float32)}
    np.savez(folder / "mesh.npz", **changed)
    return folder


def depth(made: Any) -> float:
    return float(np.ptp([vertex.co.y for vertex in made.data.vertices]))


def cube(scene: Any) -> Any:
    """2 m wide and 6 m high, its base's middle at (5, 6, 4), turned upside down."""
    mesh = bpy.data.meshes.new("cube")
    mesh.from_pydata([(x, y, z) for x in (-1, 1) for y in (-1, 1) for z in (-3, 3)], [], [])
    thing = bpy.data.objects.new("cube", mesh)
    thing.location, thing.rotation_euler = (5, 6, 7), (math.pi, 0, 0)
    scene.collection.objects.link(thing)
    bpy.context.view_layer.objects.active = thing
    bpy.context.view_layer.update()
    return thing


@pytest.mark.parametrize(
    ("place", "location", "size"), [("CURSOR", (1, 2, 3), 0.5), ("ORIGIN", (0, 0, 0), 0.5), ("ACTIVE", (5, 6, 4), 3.0)]
)
def test_where_it_stands(
    scene: Any, result: Path, place: str, location: tuple[float, float, float], size: float
) -> None:
    """With half the size that it would have; the active object's longest side is 6 m."""
    scene.cursor.location = (1, 2, 3)
    cube(scene)
    scene.drape_import.placement, scene.drape_import.scale = place, 0.5
    made = imported(result)
    assert tuple(made.location) == pytest.approx(location, abs=1e-5)
    assert max(made.dimensions) == pytest.approx(size)


def test_in_place_of_nothing_it_stands_at_the_cursor(scene: Any, result: Path) -> None:
    scene.cursor.location, scene.drape_import.placement = (1, 2, 3), "ACTIVE"
    assert tuple(imported(result).location) == (1, 2, 3)


def test_faceted(scene: Any, result: Path) -> None:
    scene.drape_import.shading = "FLAT"
    assert not any(face.use_smooth for face in imported(result).data.polygons)


def test_a_new_result_takes_the_place_of_the_old(scene: Any, result: Path, again: Path) -> None:
    made = imported(result)
    made.location, made.rotation_euler = (4, 5, 6), (0, 0, 1)
    made.modifiers.new("Mine", "SUBSURF")
    part("result.material").show(made.active_material, "Virtual Texture")
    before = depth(made)
    bpy.context.view_layer.objects.active = None
    assert imported(again) == made
    assert len(bpy.data.objects) == len(bpy.data.meshes) == len(bpy.data.materials) == 1
    assert depth(made) == pytest.approx(2 * before)
    assert tuple(made.location) == (4, 5, 6)
    assert [modifier.name for modifier in made.modifiers] == ["Mine"]
    assert made["drape_job"] == str(again)
    assert made["drape_verdict"] == "doubtful"
    assert part("result.material").shown(made.active_material) == "Virtual Texture"


def test_one_undo_step_brings_the_old_one_back(scene: Any, result: Path, again: Path) -> None:
    before = depth(imported(result))
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.drape.import_result("EXEC_DEFAULT", True, directory=str(again))
    bpy.ops.ed.undo()
    made = bpy.data.objects["sheet"]
    assert depth(made) == pytest.approx(before)
    assert made["drape_job"] == str(result)


def painted_again(folder: Path) -> Path:
    """The result in `folder` is one of the same job with other views now."""
    record = json.loads((folder / "result.json").read_text())
    (folder / "result.json").write_text(json.dumps({**record, "job": record.get("job", "") + "again"}))
    return folder


def test_results_stand_in_a_row(scene: Any, result: Path, tmp_path: Path) -> None:
    """By their sizes, with gaps; what is hidden or stands elsewhere is not in the way."""
    scene.cursor.location = (1, 2, 3)
    first = imported(result)
    scene.drape_import.scale = 2
    second = imported(result)
    scene.drape_import.scale = 1
    third = imported(result)
    places = [made.location for made in (first, second, third)]
    np.testing.assert_allclose(places, [(1, 2, 3), (1.5 + 0.4 + 1, 2, 3), (3.9 + 0.2 + 0.5, 2, 3)], atol=1e-5)
    scene.cursor.location = (1, 20, 3)
    assert tuple(imported(result).location) == (1, 20, 3)
    first.hide_set(True)
    scene.cursor.location = (1, 2, 3)
    assert tuple(imported(result).location) == (1, 2, 3)


def test_views_painted_again_take_the_place_of_the_old(scene: Any, result: Path) -> None:
    """It is hidden, so that the two are not inside each other; what she has changed stays, and in view."""
    old = imported(result)
    old.location, old.rotation_euler, old.scale = (4, 5, 6), (0, 0, 1), (2, 2, 2)
    new = imported(painted_again(result))
    assert new != old
    assert np.allclose(new.matrix_world, old.matrix_world)
    assert (old.visible_get(), old.hide_render, new.visible_get()) == (False, True, True)
    new.data.vertices[3].co.z += 0.01
    third = imported(painted_again(result))
    assert new.visible_get()
    assert third.location.x != new.location.x


def test_her_selection_is_left_alone_if_she_works(scene: Any, result: Path) -> None:
    mine = cube(scene)
    for other in bpy.context.selected_objects:
        other.select_set(False)
    mine.select_set(True)
    bpy.ops.drape.import_result(directory=str(result), select=False)
    assert bpy.context.object == mine
    assert bpy.context.selected_objects == [mine]
    bpy.ops.drape.import_result(directory=str(result))
    assert bpy.context.object["drape_job"] == str(result)


@pytest.mark.parametrize("what", ["UVs of hers", "moved UVs", "moved vertices", "merged faces"])
def test_what_she_has_worked_on_stays(scene: Any, result: Path, again: Path, what: str) -> None:
    made = imported(result)
    if what == "UVs of hers":
        made.data.uv_layers.new(name="mine")
    elif what == "moved UVs":
        made.data.uv_layers["Virtual Texture"].uv[3].vector.x += 0.01
    elif what == "moved vertices":
        made.data.vertices[3].co.z += 0.01
    else:
        bpy.ops.object.mode_set(mode="EDIT")
        bpy.ops.mesh.select_all(action="SELECT")
        bpy.ops.mesh.dissolve_limited(angle_limit=3)
        bpy.ops.object.mode_set(mode="OBJECT")
    fingerprint = part("result.placement").fingerprint(made.data)
    other = imported(again)
    assert other != made
    assert part("result.placement").fingerprint(made.data) == fingerprint
    assert made["drape_job"] == str(result)


def test_her_material_stays(scene: Any, result: Path, again: Path) -> None:
    made = imported(result)
    mine = made.data.materials[0] = bpy.data.materials.new("mine")
    assert imported(again).active_material == mine


def test_another_picture_replaces_nothing(scene: Any, result: Path, again: Path) -> None:
    record = json.loads((again / "result.json").read_text())
    record["picture"]["file"] = "mug.picture.png"
    (again / "result.json").write_text(json.dumps(record))
    first = imported(result)
    assert imported(again) != first


def seen_by_camera(scene: Any, made: Any) -> np.ndarray:
    """Where the camera sees the mesh's corners: (C, 2) shares of the picture's width and height, from the bottom."""
    bpy.context.view_layer.update()
    points = [made.matrix_world @ made.data.vertices[corner.vertex_index].co for corner in made.data.loops]
    return np.array([world_to_camera_view(scene, scene.camera, Vector(point)) for point in points])[:, :2]


def in_picture(made: Any, crop: dict[str, int], width: int, height: int) -> np.ndarray:
    """Where the picture has them."""
    uv = np.array([corner.vector for corner in made.data.uv_layers["Picture"].uv])
    x = crop["x"] + uv[:, 0] * crop["size"]
    y = crop["y"] + (1 - uv[:, 1]) * crop["size"]
    return np.stack([x / width, 1 - y / height], 1)


CROPS = [({"x": 4, "y": 0, "size": 8}, 16, 8), ({"x": -2, "y": 9, "size": 12}, 10, 30)]


@pytest.mark.parametrize(("crop", "width", "height"), CROPS)
def test_the_camera_sees_what_the_picture_shows(
    scene: Any, result: Path, crop: dict[str, int], width: int, height: int
) -> None:
    record = json.loads((result / "result.json").read_text())
    record["picture"] |= {"width": width, "height": height}
    (result / "result.json").write_text(json.dumps({**record, "crop": crop}))
    made = imported(result)
    made.location, made.rotation_euler, made.scale = (1, 2, 3), (0.3, 0.2, 0.7), (2, 2, 2)
    assert bpy.ops.drape.add_camera() == {"FINISHED"}
    assert (scene.render.resolution_x, scene.render.resolution_y) == (width, height)
    np.testing.assert_allclose(seen_by_camera(scene, made), in_picture(made, crop, width, height), atol=1e-4)


@pytest.mark.parametrize(("crop", "width", "height"), CROPS)
def test_also_in_perspective(scene: Any, result: Path, crop: dict[str, int], width: int, height: int) -> None:
    """A camera 4 m in front of the middle of a flat sheet 1 m wide sees just that where its field of view is so."""
    record = json.loads((result / "result.json").read_text())
    record["picture"] |= {"width": width, "height": height}
    (result / "result.json").write_text(json.dumps({**record, "crop": crop}))
    with np.load(result / "mesh.npz") as arrays:
        flat = {**arrays, "vertices": arrays["vertices"] * np.array([1, 0, 1], np.float32)}
    np.savez(result / "mesh.npz", **flat)
    view = result / "views" / "000"
    view.mkdir(parents=True)
    matrix = [[1, 0, 0, 0], [0, 0, -1, -4], [0, 1, 0, 0.5], [0, 0, 0, 1]]
    fov = math.degrees(2 * math.atan(0.5 / 4))
    (view / "camera.json").write_text(json.dumps({"matrix": matrix, "fov": fov, "width": 64, "height": 64}))
    made = imported(result)
    bpy.ops.drape.add_camera()
    assert scene.camera.data.type == "PERSP"
    np.testing.assert_allclose(seen_by_camera(scene, made), in_picture(made, crop, width, height), atol=1e-4)


def test_the_picture_is_behind(scene: Any, result: Path) -> None:
    imported(result)
    bpy.ops.drape.add_camera()
    (behind,) = scene.camera.data.background_images
    assert tuple(behind.image.size) == (16, 8)
    assert behind.image.packed_file is not None
    assert scene.camera.data.show_background_images


def test_the_camera_is_added_once(scene: Any, result: Path) -> None:
    made = imported(result)
    bpy.ops.drape.add_camera()
    made.location.x += 1
    before = scene.camera.location.x
    bpy.ops.drape.add_camera()
    assert len(bpy.data.cameras) == 1
    assert scene.camera.location.x == pytest.approx(before + 1)


def test_a_camera_beside_the_scenes_own(scene: Any, result: Path) -> None:
    scene.drape_import.camera = True
    scene.render.resolution_x = 123
    imported(result)
    assert len(bpy.data.cameras) == 1
    assert scene.camera is None
    bpy.ops.drape.add_camera(use_for_render=False)
    assert (scene.camera, scene.render.resolution_x) == (None, 123)


def write_views(folder: Path, count: int = 3) -> None:
    """Cameras on a circle of 4 m round the middle of the sheet, each with its picture."""
    for number in range(count):
        angle = math.radians(45 * number)
        side, front = math.sin(angle), math.cos(angle)
        matrix = [[front, 0, side, 4 * side], [side, 0, -front, -4 * front], [0, 1, 0, 0.5], [0, 0, 0, 1]]
        view = folder / "views" / f"{number:03d}"
        view.mkdir(parents=True)
        (view / "camera.json").write_text(json.dumps({"matrix": matrix, "fov": 40, "width": 64, "height": 64}))
        write_picture(view / "color.png", np.full((64, 64, 4), (number / 4, 0, 0, 1), np.float32))


@pytest.mark.parametrize("size", [(300, 300), (400, 100), (100, 400)])
def test_cameras_of_all_views(scene: Any, result: Path, size: tuple[int, int]) -> None:
    """Each sees its place's axis in the middle, and its picture as wide as its angle, whatever is rendered."""
    write_views(result)
    made = imported(result)
    assert bpy.ops.drape.add_view_cameras() == {"FINISHED"}
    made.location, made.rotation_euler, made.scale = (1, 2, 3), (0.3, 0.2, 0.7), (2, 2, 2)
    assert bpy.ops.drape.add_view_cameras() == {"FINISHED"}
    assert scene.camera is None
    scene.render.resolution_x, scene.render.resolution_y = size
    cameras = [thing for thing in scene.objects if thing.type == "CAMERA"]
    assert [camera.name for camera in cameras] == ["sheet Front", "sheet 45° Right", "sheet 90° Right"]
    bpy.context.view_layer.update()
    edge = 4 * math.tan(math.radians(20))  # of what it sees, in the plane through the middle
    for number, camera in enumerate(cameras):
        angle = math.radians(45 * number)
        right = Vector((math.cos(angle), math.sin(angle), 0))
        for way, expected in ((0, 0), (edge, max(size) / size[0] / 2)):
            point = made.matrix_world @ (Vector((0, 0, 0.5)) + way * right)
            x, y, _ = world_to_camera_view(scene, camera, point)
            assert (x - 0.5, y - 0.5) == pytest.approx((expected, 0), abs=1e-4)
        (behind,) = camera.data.background_images
        assert behind.frame_method == "CROP"
        assert behind.image.pixels[0] == pytest.approx(number / 4, abs=0.01)


def test_front_has_one_view_only(scene: Any, result: Path) -> None:
    imported(result)
    assert not bpy.ops.drape.add_view_cameras.poll()


def test_the_cameras_without_the_job_folder(scene: Any, result: Path) -> None:
    write_views(result)
    imported(result)
    shutil.rmtree(result)
    bpy.ops.drape.add_view_cameras()
    assert len(bpy.data.cameras) == 3
    assert not any(camera.background_images for camera in bpy.data.cameras)


def test_the_camera_without_the_job_folder(scene: Any, result: Path) -> None:
    imported(result)
    shutil.rmtree(result)
    bpy.ops.drape.add_camera()
    assert not scene.camera.data.background_images


def test_thickness(scene: Any, result: Path) -> None:
    made = imported(result)
    low, high = np.min(made.bound_box, axis=0), np.max(made.bound_box, axis=0)
    assert bpy.ops.drape.add_thickness() == {"FINISHED"}
    solid = made.evaluated_get(bpy.context.evaluated_depsgraph_get())
    thick_low, thick_high = np.min(solid.bound_box, axis=0), np.max(solid.bound_box, axis=0)
    assert thick_low[1] == pytest.approx(low[1])
    assert thick_high[1] == pytest.approx(high[1] + 0.05, abs=0.01)
    assert not bpy.ops.drape.add_thickness.poll()
    bpy.ops.object.modifier_remove(modifier="Thickness")
    made["drape_method"] = "pop3d"
    assert not bpy.ops.drape.add_thickness.poll()


def test_send_to_scene(scene: Any, result: Path) -> None:
    made = imported(result)
    assert not bpy.ops.drape.send_to_scene.poll()
    other = bpy.data.scenes.new("other")
    assert bpy.ops.drape.send_to_scene(scene="other") == {"FINISHED"}
    assert list(other.objects) == list(scene.objects) == [made]
    assert bpy.ops.drape.send_to_scene(scene="other") == {"CANCELLED"}


def test_none_of_it_without_a_result(scene: Any) -> None:
    bpy.data.scenes.new("other")
    cube(scene)
    for name in ("add_camera", "add_thickness", "send_to_scene", "show_texture"):
        assert not getattr(bpy.ops.drape, name).poll()
