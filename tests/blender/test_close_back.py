# SPDX-License-Identifier: GPL-3.0-or-later
"""A result gets a back: closed, with its textures, in one step."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bmesh
import bpy
import numpy as np
import pytest

from tests.blender.results import write_result


@pytest.fixture
def made(scene: Any, tmp_path: Path) -> Any:
    """An imported sheet, bent forwards."""
    assert bpy.ops.drape.import_result(directory=str(write_result(tmp_path / "sheet", side=20))) == {"FINISHED"}
    return bpy.context.object


def measured(mesh: Any) -> tuple[bool, float, int]:
    """Whether all edges have two faces that fit, the volume, and the number of faces."""
    work = bmesh.new()
    work.from_mesh(mesh)
    found = all(edge.is_manifold and edge.is_contiguous for edge in work.edges), work.calc_volume(signed=True)
    count = len(work.faces)
    work.free()
    return *found, count


def places(mesh: Any) -> np.ndarray:
    found = np.empty((len(mesh.vertices), 3), np.float32)
    mesh.vertices.foreach_get("co", found.ravel())
    return found


@pytest.mark.parametrize("back", ["MIRROR", "FLAT"])
def test_it_is_closed_and_keeps_its_front(made: Any, back: str) -> None:
    front, material = places(made.data), made.active_material
    uv = {layer.name: [tuple(one.vector) for one in layer.uv] for layer in made.data.uv_layers}
    assert bpy.ops.drape.close_back(back=back) == {"FINISHED"}
    closed, volume, count = measured(made.data)
    assert closed
    assert volume > 0
    assert count == 2 * 400 + 4 * 20
    np.testing.assert_array_equal(places(made.data)[: len(front)], front)
    assert {layer.name: [tuple(one.vector) for one in layer.uv][:1600] for layer in made.data.uv_layers} == uv
    assert made.data.uv_layers["Picture"].active_render
    assert made.active_material == material
    confidence = [one.value for one in made.data.attributes["Confidence"].data]
    assert max(confidence[len(front) :]) == 0 < max(confidence[: len(front)])
    assert not bpy.ops.drape.close_back.poll()
    assert not bpy.ops.drape.add_thickness.poll()


def test_flat_is_thicker_by_the_wall(made: Any) -> None:
    before = np.ptp(places(made.data), axis=0)
    assert bpy.ops.drape.close_back(back="FLAT", thickness=0.1) == {"FINISHED"}
    after = np.ptp(places(made.data), axis=0)
    np.testing.assert_allclose(after, before + np.array([0, 0.1, 0]), atol=1e-4)
    # What a plane of 1 x 1 encloses with a sheet that lies 0.2 u (1 - u) before it, and the wall.
    assert measured(made.data)[1] == pytest.approx(0.2 / 6 + 0.1, rel=0.01)


def test_a_flat_base(made: Any) -> None:
    assert bpy.ops.drape.close_back(back="FLAT", thickness=0.1, base=0.25) == {"FINISHED"}
    closed, volume, _ = measured(made.data)
    assert closed
    assert volume == pytest.approx(0.75 * (0.2 / 6 + 0.1), rel=0.01)
    low = places(made.data)[:, 2]
    assert low.min() == pytest.approx(0.25, abs=1e-5)
    assert (np.abs(low - low.min()) < 1e-5).sum() > 20


def test_a_rim_that_meets_itself_is_told(made: Any) -> None:
    before = made.data
    work = bmesh.new()
    work.from_mesh(before)
    work.faces.ensure_lookup_table()
    bmesh.ops.delete(work, geom=[work.faces[21], work.faces[42]], context="FACES_ONLY")  # they touch in a corner
    work.to_mesh(before)
    work.free()
    with pytest.raises(RuntimeError, match="meets itself"):
        bpy.ops.drape.close_back()
    assert made.data == before
