# SPDX-License-Identifier: GPL-3.0-or-later
"""The add-on with the real engine, as in background Blender: every operator runs to its end."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest

from build import ROOT
from tests.blender.conftest import ENGINE_PYTHON, MODULE, forget_the_session, part

pytestmark = pytest.mark.skipif(not ENGINE_PYTHON.exists(), reason=f"there is no engine at {ENGINE_PYTHON}")


def state() -> Any:
    return bpy.context.window_manager.drape


@pytest.fixture
def quick(scene: Any, picture: Any) -> Any:
    """The scene's settings for a job of a second or two."""
    scene.drape.guidance, scene.drape.device = "embedded", "cpu"
    for name, value in {"resolution": 32, "steps": 4, "texture_size": 64}.items():
        setattr(scene.drape.dreamtexture, name, value)
    return scene.drape


def disc_mask() -> Any:
    """An image of 64 pixels that is white on a disc."""
    y, x = np.mgrid[:64, :64] / 31.5 - 1
    mask = bpy.data.images.new("disc mask", 64, 64)
    mask.pixels.foreach_set(np.repeat((np.hypot(x, y) < 0.8).astype(np.float32), 4))
    return mask


def test_from_a_picture_to_a_mesh(quick: Any, scene: Any) -> None:
    scene.cursor.location = (1, 2, 3)
    assert bpy.ops.drape.reconstruct() == {"FINISHED"}
    assert (state().state, state().error) == ("DONE", "")
    made = bpy.context.object
    assert made.name == "disc"
    assert tuple(made.location) == (1, 2, 3)
    assert max(made.dimensions) == pytest.approx(1.0, abs=1e-3)
    assert min(corner[2] for corner in made.bound_box) == pytest.approx(0, abs=1e-4)
    assert [layer.name for layer in made.data.uv_layers] == ["Virtual Texture", "Picture"]
    job = Path(made["drape_job"])
    assert job.parent == part("setup.environment").jobs_folder()
    assert (job / "disc.picture.png").is_file()
    assert scene.drape.job == str(job)


def test_by_a_mask_of_hers(quick: Any) -> None:
    """The left half only, so what is made is twice as high as wide."""
    pixels = np.zeros((96, 96, 4), np.float32)
    pixels[..., 3] = 1
    pixels[16:80, 16:48, :3] = 1
    quick.mask = bpy.data.images.new("mine", 96, 96)
    quick.mask.pixels.foreach_set(pixels.ravel())
    bpy.ops.drape.reconstruct()
    made = bpy.context.object
    assert made.dimensions.x / made.dimensions.z == pytest.approx(0.5, abs=0.1)


def test_another_seed_gives_another_object(quick: Any) -> None:
    bpy.ops.drape.reconstruct()
    bpy.ops.drape.another_seed()
    assert quick.seed == 1
    jobs = {made["drape_job"] for made in bpy.data.objects}
    assert len(jobs) == 2


def test_what_the_engine_refuses_is_told(quick: Any) -> None:
    quick.guidance = "nobody/no-such-model"
    with pytest.raises(RuntimeError, match="no-such-model"):
        bpy.ops.drape.reconstruct()
    assert state().state == "FAILED"
    assert "no-such-model" in state().error
    assert not bpy.data.objects


def test_from_words_to_a_mesh(quick: Any, picture: Any, tmp_path: Path) -> None:
    """The picture that was made is then the scene's; its object, which random weights don't paint, is the mask's."""
    build = "from pathlib import Path; from tests.engine.guidance.tiny_pipelines import stable_diffusion as make"
    script = f"{build}; print(make(Path({str(tmp_path)!r}), latents=32))"
    made = subprocess.run([ENGINE_PYTHON, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    quick.picture, quick.mask, quick.prompt, quick.preset = None, disc_mask(), "a ball", "draft"
    quick.guidance = made.stdout.strip()
    assert bpy.ops.drape.reconstruct() == {"FINISHED"}
    assert state().error == ""
    assert bpy.context.object.name == "a ball"
    assert (quick.picture.name, quick.object_name) == ("a ball", "ball")
    assert quick.picture.packed_file is not None
    assert tuple(quick.picture.size) == (64, 64)
    again = part("job.queue").queue.history.entries[-1]
    bpy.ops.drape.reuse_settings(folder=str(again.folder))
    assert (quick.picture, quick.words) == (None, "a ball")


def test_words_without_a_model_tell_what_is_needed(quick: Any) -> None:
    quick.picture = None
    with pytest.raises(RuntimeError, match="Choose a picture, or say in words"):
        bpy.ops.drape.reconstruct()
    quick.prompt = "a ball"
    with pytest.raises(RuntimeError, match="needs Stable Diffusion"):
        bpy.ops.drape.reconstruct()
    assert "weights aren't on this machine" in state().error


def test_a_job_left_unfinished_is_resumed_from_the_file(quick: Any, tmp_path: Path) -> None:
    bpy.ops.drape.reconstruct()
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "file.blend"))
    job = Path(bpy.context.scene.drape.job)
    (job / "result.json").unlink()  # as if Blender had been closed just before the end
    forget_the_session()
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "file.blend"))
    for made in bpy.data.objects:
        bpy.data.objects.remove(made)
    assert part("job.start").unfinished(bpy.context) == job
    assert bpy.ops.drape.resume() == {"FINISHED"}
    assert bpy.context.object["drape_job"] == str(job)
    assert not bpy.ops.drape.resume.poll()


def test_the_cut_out_is_shown_over_the_picture(quick: Any, picture: Any) -> None:
    assert bpy.ops.drape.show_cutout() == {"FINISHED"}
    assert state().error == ""
    shown = bpy.data.images["disc.png Cut-out"]
    assert tuple(shown.size) == (96, 96)
    pixels = np.empty(96 * 96 * 4, np.float32)
    shown.pixels.foreach_get(pixels)
    inside, outside = pixels.reshape(96, 96, 4)[[48, 2], [48, 2]]
    np.testing.assert_allclose(inside, (0.9, 0.6, 0.3, 1), atol=0.01)
    assert outside[0] > 0.4 > outside[1:3].max()
    bpy.ops.drape.show_cutout()
    assert len([image for image in bpy.data.images if "Cut-out" in image.name]) == 1


def test_the_cut_out_becomes_the_mask(quick: Any) -> None:
    bpy.ops.drape.paint_mask()
    mask = quick.mask
    assert mask.name == "disc.png Mask"
    assert mask.packed_file is not None
    pixels = np.empty(96 * 96 * 4, np.float32)
    mask.pixels.foreach_get(pixels)
    white = pixels.reshape(96, 96, 4)[..., 0] > 0.5
    assert white.mean() == pytest.approx(np.pi * 0.35**2, rel=0.1)
    mask.pixels.foreach_set(np.where(pixels > 2, pixels, 0.0))
    bpy.ops.drape.paint_mask()
    assert quick.mask == mask


def test_a_model_says_what_the_object_is(quick: Any, tmp_path: Path) -> None:
    command = [str(ENGINE_PYTHON), "-m", "tests.engine.picture.tiny_captioner", str(tmp_path / "blip")]
    subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    quick.captioner = str(tmp_path / "blip")
    assert bpy.ops.drape.name_object() == {"FINISHED"}
    assert state().error == ""
    assert quick.object_name
    assert set(quick.object_name.split()) <= {"blue", "red", "old", "teapot", "mug", "ball"}


def test_a_picture_without_an_object_is_told(quick: Any, picture: Any) -> None:
    picture.pixels.foreach_set(np.full(96 * 96 * 4, 0.5, np.float32))
    picture.update()
    bpy.ops.drape.show_cutout()
    assert "object" in state().error
    assert state().state == "IDLE"


def test_check_engine_answers_in_words(scene: Any) -> None:
    assert bpy.ops.drape.check_engine() == {"FINISHED"}
    found = {check["name"]: check for check in part("runner").runner.checks}
    assert found["Python"]["ok"]
    assert found["Device"]["found"]


def test_without_an_engine(scene: Any, picture: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DRAPE_ENGINE_PYTHON", str(tmp_path / "python"))
    for operator in (bpy.ops.drape.reconstruct, bpy.ops.drape.check_engine):
        with pytest.raises(RuntimeError, match="Set up the engine first"):
            operator()


def test_which_python(scene: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    preferences = part("setup.environment")
    chosen = bpy.context.preferences.addons[MODULE].preferences
    assert preferences.engine_python() == ENGINE_PYTHON
    monkeypatch.delenv("DRAPE_ENGINE_PYTHON")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert preferences.engine_python().is_relative_to(tmp_path)
    chosen.engine_python = str(tmp_path / "mine")
    assert preferences.engine_python() == tmp_path / "mine"
    chosen.engine_python = ""


def test_jobs_go_where_she_wants(quick: Any, tmp_path: Path) -> None:
    chosen = bpy.context.preferences.addons[MODULE].preferences
    chosen.jobs_folder = str(tmp_path / "jöbs here")
    bpy.ops.drape.reconstruct()
    chosen.jobs_folder = ""
    assert Path(bpy.context.object["drape_job"]).parent == tmp_path / "jöbs here"


def test_set_up_stays_offline_unless_allowed(scene: Any) -> None:
    assert not bpy.app.online_access
    with pytest.raises(RuntimeError, match=r"[Oo]nline|offline"):
        bpy.ops.drape.set_up_engine()


def test_set_up_runs_with_blenders_python(scene: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Into a folder that holds something else, which it refuses before anything is downloaded."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    target = tmp_path / "drape" / "engine"
    target.mkdir(parents=True)
    (target / "precious.txt").write_text("mine")
    bpy.context.preferences.system.use_online_access = True
    bpy.ops.drape.set_up_engine()
    bpy.context.preferences.system.use_online_access = False
    assert "holds something else already" in state().error
    assert [file.name for file in target.iterdir()] == ["precious.txt"]


def test_nothing_is_written_into_the_extension(quick: Any) -> None:
    home = Path(part("setup.environment").ROOT)
    files = {file for file in home.rglob("*") if "__pycache__" not in file.relative_to(home).parts[:-1]}
    shutil.rmtree(home / "engine" / "__pycache__", ignore_errors=True)
    bpy.ops.drape.reconstruct()
    assert {f for f in home.rglob("*") if "__pycache__" not in f.relative_to(home).parts[:-1]} - files == set()
    assert not any((home / "engine").rglob("*.pyc"))
    assert os.access(home, os.W_OK)
