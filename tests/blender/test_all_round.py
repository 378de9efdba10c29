# SPDX-License-Identifier: GPL-3.0-or-later
"""All Round with the real engine: a closed mesh in the scene by the same click."""

from __future__ import annotations

from typing import Any

import bmesh
import bpy
import pytest

from tests.blender.conftest import ENGINE_PYTHON

pytestmark = pytest.mark.skipif(not ENGINE_PYTHON.exists(), reason=f"there is no engine at {ENGINE_PYTHON}")

QUICK = {"view_size": 64, "volume": 32, "view_steps": 1, "last_steps": 1, "rays": 256, "faces": 2000}


def test_from_a_picture_to_a_closed_mesh(scene: Any, picture: Any) -> None:
    scene.drape.method, scene.drape.device = "pop3d", "cpu"
    scene.drape.pop3d.texture_size = 64
    for name, value in QUICK.items():
        setattr(scene.drape.pop3d, name, value)
    assert bpy.ops.drape.reconstruct() == {"FINISHED"}
    state = bpy.context.window_manager.drape
    assert (state.state, state.error) == ("DONE", "")
    made = bpy.context.object
    assert made["drape_method"] == "pop3d"
    assert made["drape_quality"]["sdf_steps"] == 8
    assert [layer.name for layer in made.data.uv_layers] == ["Virtual Texture", "Picture"]
    assert max(made.dimensions) == pytest.approx(1, abs=1e-3)
    assert min(made.dimensions) > 0.2  # also from the front to the back
    assert all(len(face.vertices) == 3 for face in made.data.polygons)
    mesh = bmesh.new()
    mesh.from_mesh(made.data)
    assert all(edge.is_manifold for edge in mesh.edges)
    assert mesh.calc_volume(signed=True) > 0
    mesh.free()
    assert made.active_material.node_tree.nodes["Picture"].image.size[:] == (64, 64)
