# SPDX-License-Identifier: GPL-3.0-or-later
"""The distortion of meshes in the scene: measured, followed, selected, framed, copied and baked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import bmesh
import bpy
import numpy as np
import pytest

from tests.blender.conftest import part

SHEAR = 0.7


@pytest.fixture
def grid(scene: Any) -> Any:
    """A plane of 3 x 3 faces, selected, whose UVs are right but for those of face 4 in the middle."""
    bpy.ops.mesh.primitive_grid_add(x_subdivisions=3, y_subdivisions=3, size=3)
    thing = bpy.context.object
    for corner in thing.data.polygons[4].loop_indices:
        thing.data.uv_layers.active.uv[corner].vector.x += SHEAR * thing.data.uv_layers.active.uv[corner].vector.y
    return thing


@pytest.fixture
def options(scene: Any) -> Iterator[Any]:
    """The artist's choices, as they are at first."""
    chosen = bpy.context.window_manager.drape_distortion
    yield chosen
    for name in chosen.__annotations__:
        chosen.property_unset(name)


@pytest.fixture
def tracker(scene: Any) -> Iterator[Any]:
    """What the overlay follows, without its drawing, for which there is no window here."""
    tracking = part("distortion.tracking")
    overlay = part("distortion.overlay")
    bpy.app.handlers.depsgraph_update_post.append(overlay._after_update)
    yield tracking.tracker
    bpy.app.handlers.depsgraph_update_post.remove(overlay._after_update)
    tracking.tracker.forget()


def expected_angle() -> float:
    large, small = np.linalg.svd([[1.0, SHEAR], [0.0, 1.0]])[1]
    return float(np.degrees(2 * np.arcsin((large - small) / (large + small))))


def attribute(thing: Any, name: str, field: str = "value", width: int = 1) -> np.ndarray:
    found = thing.data.attributes[name]
    values = np.empty(width * len(found.data), np.float32)
    found.data.foreach_get(field, values)
    return values.reshape(-1, width).squeeze()


def attributes_of(thing: Any) -> list[str]:
    return [one.name for one in thing.data.attributes]


def angles(tracker: Any, thing: Any) -> np.ndarray:
    values: np.ndarray = tracker.measured[thing.session_uid].values.of_faces
    return values


def test_baked_numbers(grid: Any, options: Any) -> None:
    before = np.array([corner.vector[:] for corner in grid.data.uv_layers.active.uv])
    assert bpy.ops.drape.bake_distortion() == {"FINISHED"}
    wanted = np.zeros(9)
    wanted[4] = expected_angle()
    np.testing.assert_allclose(attribute(grid, "UV Distortion Angle"), wanted, atol=0.05)
    assert not attribute(grid, "UV Broken").any()
    np.testing.assert_array_equal(before, [corner.vector[:] for corner in grid.data.uv_layers.active.uv])


def test_baked_again_with_other_uvs(grid: Any, options: Any) -> None:
    bpy.ops.drape.bake_distortion()
    for corner in grid.data.uv_layers.active.uv:
        corner.vector.x = -corner.vector.x
    bpy.ops.drape.bake_distortion()
    assert attribute(grid, "UV Broken").all()
    assert sum("UV Distortion" in name for name in attributes_of(grid)) == 1


@pytest.mark.parametrize("metric", ["AREA", "UV_EDITOR_ANGLE"])
def test_baked_colours(grid: Any, options: Any, metric: str) -> None:
    options.metric = metric
    bpy.ops.drape.bake_distortion(content="COLOR")
    name = next(name for name in attributes_of(grid) if name.endswith("Colors"))
    colors = attribute(grid, name, "color_srgb", 4).reshape(9, 4, 4)
    ideal = part("distortion.scales").colors_of(metric, False)[2 if metric == "AREA" else 0]
    np.testing.assert_allclose(colors[0], [(*ideal, 1)] * 4, atol=0.02)
    if metric != "AREA":
        assert np.abs(colors[4] - colors[0]).max() > 0.1


def test_baking_is_one_undo_step(grid: Any, options: Any) -> None:
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.drape.bake_distortion("EXEC_DEFAULT", True)
    assert "UV Broken" in bpy.context.object.data.attributes
    bpy.ops.ed.undo()
    assert "UV Broken" not in bpy.context.object.data.attributes


def test_the_uv_editors_colours_are_the_same_numbers(grid: Any, options: Any) -> None:
    """Corners of 90 degrees that come to arctan(1 / 0.7) in the texture, and to what is left of 180."""
    options.metric = "UV_EDITOR_ANGLE"
    bpy.ops.drape.bake_distortion()
    difference = 0.5 - np.arctan2(1, SHEAR) / np.pi
    baked = attribute(grid, "UV Distortion UV Editor's Angle").reshape(9, 4)
    np.testing.assert_allclose(baked[4], 1 - (1 - difference) ** 2, atol=1e-4)
    np.testing.assert_allclose(baked[0], 0, atol=1e-4)


@pytest.mark.parametrize("mode", ["OBJECT", "EDIT"])
def test_select_what_is_beyond_the_threshold(grid: Any, options: Any, mode: str) -> None:
    bpy.ops.object.mode_set(mode=mode)
    options.threshold = expected_angle() - 1
    assert bpy.ops.drape.select_distorted() == {"FINISHED"}
    assert [face.select for face in bmesh.from_edit_mesh(grid.data).faces] == [face == 4 for face in range(9)]
    bpy.ops.drape.select_distorted(threshold=expected_angle() + 1)
    assert not any(face.select for face in bmesh.from_edit_mesh(grid.data).faces)
    bpy.ops.object.mode_set(mode="OBJECT")


def test_flipped_faces_are_selected_unless_told_otherwise(grid: Any, options: Any) -> None:
    for corner in grid.data.polygons[7].loop_indices:
        grid.data.uv_layers.active.uv[corner].vector.x *= -1
    options.threshold = 90
    for broken in (True, False):
        bpy.ops.drape.select_distorted(broken=broken)
        assert [face.index for face in bmesh.from_edit_mesh(grid.data).faces if face.select] == [7] * broken
    bpy.ops.object.mode_set(mode="OBJECT")


def test_the_worst_face_is_framed(grid: Any, options: Any) -> None:
    grid.location = (5, 6, 7)
    window = bpy.context.window_manager.windows[0]
    area = next(area for area in window.screen.areas if area.type == "VIEW_3D")
    with bpy.context.temp_override(window=window, area=area, region=area.regions[-1]):
        assert bpy.ops.drape.frame_worst() == {"FINISHED"}
    view = area.spaces.active.region_3d
    np.testing.assert_allclose(view.view_location, (5, 6, 7), atol=1e-5)
    assert view.view_rotation.to_matrix().col[2].z == pytest.approx(1)


def test_the_table_of_figures(grid: Any, options: Any) -> None:
    measured = part("distortion.reading").shown(bpy.context)
    lines = [line.split("\t") for line in part("distortion.copy_distortion").table(measured).splitlines()]
    assert lines[0][0] == "Object"
    assert len(lines) == 1 + 7
    angle = next(line for line in lines if line[4] == "Angle")
    assert angle[:4] == ["Grid", "9", "0", "0"]
    assert float(angle[-1]) == pytest.approx(expected_angle(), abs=0.05)


def test_the_range_fits_what_is_there(grid: Any, options: Any) -> None:
    for metric, low in (("ANGLE", 0), ("STRETCH", 1)):
        options.metric = metric
        assert bpy.ops.drape.fit_distortion_range() == {"FINISHED"}
        assert options.low == low
    options.metric, options.texture_size = "DENSITY", 300
    bpy.ops.drape.fit_distortion_range()
    assert (options.low, options.high) == pytest.approx((100, 100), rel=1e-4)


def test_edits_are_followed(grid: Any, options: Any, tracker: Any) -> None:
    tracker.update()
    assert angles(tracker, grid)[4] == pytest.approx(expected_angle(), abs=0.05)
    bpy.ops.object.mode_set(mode="EDIT")
    edited = bmesh.from_edit_mesh(grid.data)
    layer = edited.loops.layers.uv.verify()
    edited.faces.ensure_lookup_table()
    for corner in edited.faces[0].loops:
        corner[layer].uv.x += SHEAR * corner[layer].uv.y
    bmesh.update_edit_mesh(grid.data)
    bpy.context.view_layer.update()
    tracker.update()
    np.testing.assert_allclose(angles(tracker, grid)[[0, 4]], expected_angle(), atol=0.05)
    bpy.ops.object.mode_set(mode="OBJECT")


def test_nothing_is_measured_again_without_need(grid: Any, options: Any, tracker: Any) -> None:
    """Neither for a move, nor for another range or metric; but for another scale."""
    tracker.update()
    before = tracker.measured[grid.session_uid].values.distortion
    grid.location.x, options.metric, options.high = 3, "AREA", 8
    bpy.context.view_layer.update()
    tracker.update()
    assert tracker.measured[grid.session_uid].values.distortion is before
    assert tracker.measured[grid.session_uid].values.metric == "AREA"
    grid.scale.x = 2
    bpy.context.view_layer.update()
    tracker.update()
    assert tracker.measured[grid.session_uid].values.distortion is not before


def test_modifiers_are_shown(grid: Any, options: Any, tracker: Any) -> None:
    grid.modifiers.new("more", "SUBSURF").levels = 1
    bpy.context.view_layer.update()
    tracker.update()
    assert len(angles(tracker, grid)) == 36


def test_what_is_not_selected_is_forgotten(grid: Any, options: Any, tracker: Any) -> None:
    tracker.update()
    grid.select_set(False)
    tracker.update()
    assert not tracker.measured


def test_the_texture_is_that_of_the_material(grid: Any, options: Any) -> None:
    material = bpy.data.materials.new("material")
    if material.node_tree is None:
        material.use_nodes = True
    node = material.node_tree.nodes.new("ShaderNodeTexImage")
    node.image = bpy.data.images.new("texture", 64, 32)
    grid.data.materials.append(material)
    assert part("distortion.reading").texture_of(grid, 1024) == (64, 32)


def test_meshes_without_uvs_are_told(scene: Any, options: Any) -> None:
    mesh = bpy.data.meshes.new("bare")
    mesh.from_pydata([(0, 0, 0), (1, 0, 0), (0, 1, 0)], [], [(0, 1, 2)])
    thing = bpy.data.objects.new("bare", mesh)
    scene.collection.objects.link(thing)
    thing.select_set(True)
    assert part("distortion.reading").why_not(thing) == "has no UVs"
    for name in ("bake_distortion", "select_distorted", "copy_distortion", "fit_distortion_range"):
        with pytest.raises(RuntimeError, match="Select a mesh with UVs"):
            getattr(bpy.ops.drape, name)()


def test_the_overlay_needs_a_window(grid: Any) -> None:
    with pytest.raises(RuntimeError, match="no window"):
        bpy.ops.drape.show_distortion()
