# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine gets what the artist sees, and her image stays as it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.blender.conftest import part

SHAPE = (6, 5, 4)


def values() -> NDArray[np.float32]:
    """Pixels (H, W, 4) of 0..1, bottom row first."""
    random = np.random.default_rng(0).integers(0, 256, SHAPE)
    random[..., 3] = np.maximum(random[..., 3], 64)
    return (random / 255).astype(np.float32)


def new(pixels: NDArray[np.float32], **options: Any) -> Any:
    image = bpy.data.images.new("mine", SHAPE[1], SHAPE[0], alpha=True, **options)
    image.pixels.foreach_set(pixels.ravel())
    image.update()
    return image


def handed_over(image: Any, tmp_path: Path) -> NDArray[np.float32]:
    """What arrives, after a look whether the datablock is as it was."""
    before = facts(image)
    names = set(bpy.data.images.keys()), set(bpy.data.scenes.keys())
    part("picture.handover").save(image, bpy.context.scene, tmp_path / "out.png")
    assert facts(image) == before
    assert (set(bpy.data.images.keys()), set(bpy.data.scenes.keys())) == names
    return read_png(tmp_path / "out.png")


def facts(image: Any) -> tuple[Any, ...]:
    names = ("source", "filepath_raw", "file_format", "is_dirty", "alpha_mode", "use_view_as_render")
    return (*(getattr(image, name) for name in names), image.packed_file is None, image.colorspace_settings.name)


def read_png(file: Path) -> NDArray[np.float32]:
    """Pixels of a picture file as stored, bottom row first."""
    assert file.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    return np.asarray(part("picture.image_editor").read_pixels(file))


def assert_same(one: NDArray[np.float32], other: NDArray[np.float32]) -> None:
    """The same bytes, which Blender gives as floats."""
    np.testing.assert_array_equal(np.round(255 * one), np.round(255 * other))


def srgb(linear: NDArray[np.float32]) -> NDArray[np.float32]:
    """IEC 61966-2-1."""
    low, high = 12.92 * linear, 1.055 * np.maximum(linear, 1e-9) ** (1 / 2.4) - 0.055
    return np.where(linear <= 0.0031308, low, high).clip(0, 1)


def test_generated_and_unsaved(scene: Any, tmp_path: Path) -> None:
    assert_same(handed_over(new(values()), tmp_path), values())


def test_packed(scene: Any, tmp_path: Path) -> None:
    image = new(values())
    image.pack()
    assert_same(handed_over(image, tmp_path), values())


def test_painted_on_and_not_saved(scene: Any, tmp_path: Path) -> None:
    image = new(values())
    image.filepath_raw, image.file_format = str(tmp_path / "mine.png"), "PNG"
    image.save()
    painted = values()
    painted[2:4, 1:3] = (1, 0, 0, 1)
    image.pixels.foreach_set(painted.ravel())
    image.update()
    assert image.is_dirty
    assert_same(handed_over(image, tmp_path), painted)
    assert_same(read_png(tmp_path / "mine.png"), values())


def test_a_mask_of_plain_data(scene: Any, tmp_path: Path) -> None:
    image = new(values(), is_data=True)
    assert_same(handed_over(image, tmp_path), values())


def test_float_is_shown_as_srgb(scene: Any, tmp_path: Path) -> None:
    """Blender keeps float images linear and multiplied by alpha."""
    pixels = values()
    image = new(pixels, float_buffer=True)
    image.colorspace_settings.name = "Linear Rec.709"
    image.pixels.foreach_set(pixels.ravel())
    out = handed_over(image, tmp_path)
    np.testing.assert_allclose(out[..., :3], srgb(pixels[..., :3] / pixels[..., 3:]), atol=1 / 255)
    np.testing.assert_allclose(out[..., 3], pixels[..., 3], atol=1 / 255)


def test_exr(scene: Any, tmp_path: Path) -> None:
    pixels = values()
    pixels[..., 3] = 1
    pixels[0, 0, :3] = 7  # brighter than white
    source = new(pixels, float_buffer=True)
    source.filepath_raw, source.file_format = str(tmp_path / "mine.exr"), "OPEN_EXR"
    source.save()
    image = bpy.data.images.load(str(tmp_path / "mine.exr"))
    linear = np.asarray(part("picture.image_editor").read_pixels(tmp_path / "mine.exr"))
    assert image.is_float
    assert linear.max() > 1
    np.testing.assert_allclose(handed_over(image, tmp_path)[..., :3], srgb(linear[..., :3]), atol=1.5 / 255)


def test_viewed_as_a_render(scene: Any, tmp_path: Path) -> None:
    pixels = np.full(SHAPE, 0.18, np.float32)
    pixels[..., 3] = 1
    image = new(pixels, float_buffer=True)
    image.use_view_as_render = True
    scene.view_settings.view_transform, scene.view_settings.exposure = "Standard", 1.0
    np.testing.assert_allclose(handed_over(image, tmp_path)[..., :3], srgb(2 * pixels[..., :3]), atol=1 / 255)


@pytest.mark.parametrize(
    ("source", "words"), [("MOVIE", "is a movie"), ("SEQUENCE", "is an image sequence"), ("TILED", "UDIM")]
)
def test_refused(scene: Any, tmp_path: Path, source: str, words: str) -> None:
    image = new(values())
    image.source = source
    with pytest.raises(part("picture.handover").HandOverError, match=words):
        part("picture.handover").save(image, scene, tmp_path / "out.png")
    assert not (tmp_path / "out.png").exists()


def test_a_render_is_refused_as_long_as_it_is_no_picture(scene: Any, tmp_path: Path) -> None:
    scene.render.engine, scene.cycles.samples = "CYCLES", 1
    scene.render.resolution_x = scene.render.resolution_y = 8
    scene.camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
    scene.collection.objects.link(scene.camera)
    bpy.ops.render.render()
    with pytest.raises(part("picture.handover").HandOverError, match="save it as a picture"):
        part("picture.handover").save(bpy.data.images["Render Result"], scene, tmp_path / "out.png")


def test_a_file_that_is_gone_is_refused(scene: Any, tmp_path: Path) -> None:
    image = new(values())
    image.filepath_raw, image.file_format = str(tmp_path / "mine.png"), "PNG"
    image.save()
    (tmp_path / "mine.png").unlink()
    image.source = "FILE"
    image.reload()
    with pytest.raises(part("picture.handover").HandOverError, match="file may be missing"):
        part("picture.handover").save(image, scene, tmp_path / "out.png")


def test_a_refusal_reaches_the_artist_and_leaves_no_job(scene: Any, picture: Any) -> None:
    picture.source = "SEQUENCE"
    with pytest.raises(RuntimeError, match="image sequence"):
        bpy.ops.drape.reconstruct()
    assert bpy.context.window_manager.drape.state == "IDLE"
    assert not list(part("setup.environment").jobs_folder().iterdir())
