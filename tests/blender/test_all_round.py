# SPDX-License-Identifier: GPL-3.0-or-later
"""All Round with the real engine: a closed mesh in the scene by the same click, and views that can be changed."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import bmesh
import bpy
import numpy as np
import pytest

from tests.blender.conftest import ENGINE_PYTHON, part

pytestmark = pytest.mark.skipif(not ENGINE_PYTHON.exists(), reason=f"there is no engine at {ENGINE_PYTHON}")

RECORD = {
    "format": 1,
    "version": "0",
    "job": {"picture": "", "output": "", "method": "pop3d", "preset": "draft", "prompt": "", "seed": 0},
    "settings": {},
    "orbit": {"seeds": {}, "pictures": {}, "stop_after": 0},
}
QUICK = {
    "view_size": 64,
    "volume": 32,
    "view_steps": 1,
    "last_steps": 1,
    "rays": 256,
    "faces": 2000,
    "texture_size": 64,
}


@pytest.fixture
def quick(scene: Any, picture: Any) -> Any:
    """The scene's settings for a job of some seconds."""
    scene.drape.method, scene.drape.device = "pop3d", "cpu"
    for name, value in QUICK.items():
        setattr(scene.drape.pop3d, name, value)
    return scene.drape


def test_from_a_picture_to_a_closed_mesh(quick: Any) -> None:
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


def shown(job: Path) -> list[bytes]:
    """The views' pictures."""
    return [view.color.read_bytes() for view in part("engine_client.views").views_of(job)]


def asked(job: Path) -> Any:
    return json.loads((job / "job.json").read_text())["orbit"]


def test_views_of_a_result_are_painted_again_and_over(quick: Any, scene: Any) -> None:
    bpy.ops.drape.reconstruct()
    first = bpy.context.object
    job = Path(first["drape_job"])
    views = part("engine_client.views").views_of(job)
    named = [part("views.view_names").named(view.azimuth, view.elevation) for view in views]
    assert named == ["Front", "45° Right", "45° Left", "90° Right", "90° Left", "135° Right", "135° Left", "Back"]
    assert part("views.panel").shown_job(bpy.context) == job
    before = shown(job)

    assert bpy.ops.drape.paint_another(folder=str(job), view=6) == {"FINISHED"}
    after = shown(job)
    assert after[:6] == before[:6]
    assert after[6] != before[6]
    assert asked(job)["seeds"] == {"6": 1}
    assert {made["drape_job"] for made in bpy.data.objects} == {str(job)}
    assert len(bpy.data.objects) == 2  # the old one stays
    assert first.name in bpy.data.objects

    assert bpy.ops.drape.paint_view(folder=str(job), view=7) == {"FINISHED"}
    (painting,) = (image for image in bpy.data.images if image.get("drape_view"))
    pixels = np.array(painting.pixels).reshape(64, 64, 4)
    assert set(np.unique(pixels[..., 3])) == {0, 1}
    pixels[pixels[..., 3] == 1] = (0, 1, 0, 1)
    painting.pixels.foreach_set(pixels.ravel().astype(np.float32))
    back = part("views.view_painting").view(job, 7)
    assert part("views.view_painting").of(back) == painting
    assert bpy.ops.drape.replace_view(folder=str(job), view=7, image=painting.name) == {"FINISHED"}
    assert shown(job)[:7] == after[:7]
    now = part("picture.image_editor").read_pixels(part("views.view_painting").view(job, 7).color)
    assert now[32, 32] == pytest.approx((0, 1, 0, 1), abs=0.01)
    assert part("views.view_painting").of(part("views.view_painting").view(job, 7)) is None  # that was over the old one

    assert bpy.ops.drape.stop_orbit(folder=str(job), views=2) == {"FINISHED"}
    assert shown(job) == after[:2]
    assert bpy.context.window_manager.drape.state == "DONE"


def test_what_is_no_square_is_refused_before_anything_is_run(quick: Any, tmp_path: Path) -> None:
    (tmp_path / "job.json").write_text(json.dumps(RECORD))
    wide = bpy.data.images.new("wide", 64, 32)
    with pytest.raises(RuntimeError, match="'wide' is 64 x 32, but views are squares"):
        bpy.ops.drape.replace_view(folder=str(tmp_path), view=3, image=wide.name)
    with pytest.raises(RuntimeError, match="This job can't be read"):
        bpy.ops.drape.paint_another(folder=str(tmp_path / "gone"), view=3)


def test_a_running_orbit_is_ended_with_what_is_there(quick: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The runner is stepped by hand, as its timer does where there is a window."""
    runner = part("runner").runner
    monkeypatch.setattr(runner, "follow", lambda: None)
    bpy.ops.drape.reconstruct()
    job = runner.session.folder

    def step_until(condition: Any) -> None:
        give_up = time.monotonic() + 120
        while not condition():
            assert time.monotonic() < give_up
            time.sleep(0.01)
            runner.step()

    step_until(lambda: len(shown(job)) >= 2)
    assert part("views.panel").shown_job(bpy.context) == job
    there = shown(job)
    bpy.ops.drape.paint_view(folder=str(job), view=1)
    assert bpy.ops.drape.stop_orbit(folder=str(job), views=len(there)) == {"FINISHED"}
    step_until(lambda: not runner.busy)
    assert (runner.session.state, runner.failure.message.text) == ("DONE", "")
    assert shown(job) == there
    assert bpy.context.object["drape_job"] == str(job)
    painting = part("views.view_painting")
    assert painting.of(painting.view(job, 1)) is not None  # also where it lies now
    (entry,) = part("job.queue").queue.history.entries
    assert entry.status == "DONE"


def test_the_panel_is_about_an_unfinished_job_where_the_active_result_has_no_views(
    scene: Any, result: Path, tmp_path: Path
) -> None:
    job, shown_job = tmp_path / "orbiting", part("views.panel").shown_job
    view = job / "orbit" / "000"
    view.mkdir(parents=True)
    matrix = [[1, 0, 0, 0], [0, 0, -1, -3], [0, 1, 0, 0], [0, 0, 0, 1]]
    (view / "camera.json").write_text(json.dumps({"matrix": matrix, "fov": 39}))
    assert shown_job(bpy.context) is None
    scene.drape.job = str(job)
    (job / "job.json").write_text("{}")
    assert shown_job(bpy.context) == job
    bpy.ops.drape.import_result(directory=str(result))  # by Front
    assert shown_job(bpy.context) == job
