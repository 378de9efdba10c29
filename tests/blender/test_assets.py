# SPDX-License-Identifier: GPL-3.0-or-later
"""Results as assets, in the file and in a library."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest

from tests.blender.results import write_picture


@pytest.fixture
def made(scene: Any, result: Path) -> Any:
    """A result, active."""
    bpy.ops.drape.import_result(directory=str(result))
    return bpy.context.object


@pytest.fixture
def library(scene: Any, tmp_path: Path) -> Iterator[Path]:
    """The folder, yet to be made, of the only asset library."""
    chosen = bpy.context.preferences.filepaths.asset_libraries
    while chosen:
        chosen.remove(chosen[0])
    made = chosen.new(name="Mine", directory=str(tmp_path / "library"))
    yield tmp_path / "library"
    chosen.remove(made)


def test_it_tells_what_it_is_and_looks_like_its_picture(made: Any) -> None:
    assert bpy.ops.drape.mark_asset() == {"FINISHED"}
    asset = made.asset_data
    assert {tag.name for tag in asset.tags} == {"Drape", "Front", "sheet"}
    for word in ("'sheet'", "DreamTexture", "'embedded'", "seed 7", "Drape 0.1.0"):
        assert word in asset.description
    assert tuple(made.preview.image_size) == (256, 256)
    pixels = np.array(made.preview.image_pixels_float[:]).reshape(256, 256, 4)
    np.testing.assert_allclose(pixels[10, [10, 246]], [(1, 0, 0, 1), (0, 0, 1, 1)], atol=0.01)


def test_the_background_is_transparent(made: Any, result: Path) -> None:
    mask = np.zeros((4, 4, 4), np.float32)
    mask[:2, :, :] = 1  # the lower half
    write_picture(result / "mask.png", mask)
    bpy.ops.drape.mark_asset()
    alpha = np.array(made.preview.image_pixels_float[:]).reshape(256, 256, 4)[..., 3]
    assert alpha[:120].min() == 1
    assert alpha[136:].max() == 0


def test_also_without_its_job_folder(made: Any, result: Path) -> None:
    shutil.rmtree(result)
    bpy.ops.drape.mark_asset()
    assert "'sheet'" in made.asset_data.description


def test_one_undo_step_and_not_twice(made: Any) -> None:
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.drape.mark_asset("EXEC_DEFAULT", True)
    assert not bpy.ops.drape.mark_asset.poll()
    bpy.ops.ed.undo()
    assert bpy.data.objects["sheet"].asset_data is None


def test_into_a_library(made: Any, library: Path) -> None:
    for _ in range(2):
        assert bpy.ops.drape.save_to_library(library="Mine") == {"FINISHED"}
    assert sorted(file.name for file in (library / "Drape").iterdir()) == ["sheet 2.blend", "sheet.blend"]
    assert made.asset_data is None
    with bpy.data.libraries.load(str(library / "Drape" / "sheet.blend"), assets_only=True) as (there, here):
        here.objects = there.objects
    (loaded,) = here.objects
    assert loaded["drape_method"] == "dreamtexture"
    assert "DreamTexture" in loaded.asset_data.description
    assert loaded.active_material.node_tree.nodes["Picture"].image.packed_file is not None


def test_a_library_that_can_not_be_written_to(made: Any, library: Path) -> None:
    library.write_text("a file")
    with pytest.raises(RuntimeError, match="can't be written"):
        bpy.ops.drape.save_to_library(library="Mine")
    assert made.asset_data is None


def test_without_a_result(scene: Any, library: Path) -> None:
    assert not bpy.ops.drape.mark_asset.poll()
    with pytest.raises(RuntimeError, match="Select a result"):
        bpy.ops.drape.save_to_library(library="Mine")
