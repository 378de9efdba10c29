# SPDX-License-Identifier: GPL-3.0-or-later
"""The mask in the artist's hands: one of several objects picked, painted, mended after a bad result."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import bpy
import numpy as np
import pytest

from tests.blender.conftest import part
from tests.blender.results import write_result

LEFT, RIGHT, BETWEEN = (0.2, 0.3), (0.8, 0.6), (0.5, 0.1)


@pytest.fixture
def chosen(scene: Any, picture: Any) -> Any:
    """A mask with an object on the left and one on the right."""
    mask = bpy.data.images.new("disc.png Mask", 40, 30)
    mask.pixels.foreach_set(np.repeat(two_objects(), 4))
    mask.update()
    scene.drape.mask = mask
    return scene.drape


def two_objects() -> np.ndarray:
    """Coverage (30, 40) float32, bottom row first."""
    coverage = np.zeros((30, 40), np.float32)
    coverage[3:12, 4:15] = 1
    coverage[10:28, 28:36] = 1
    return coverage


def coverage() -> np.ndarray:
    """What the mask of the scene shows."""
    mask = bpy.context.scene.drape.mask
    pixels = np.empty(40 * 30 * 4, np.float32)
    mask.pixels.foreach_get(pixels)
    return pixels.reshape(30, 40, 4)[..., 0]


def test_one_of_two_objects_is_kept(chosen: Any) -> None:
    assert bpy.ops.drape.pick_object(place=RIGHT) == {"FINISHED"}
    kept = two_objects()
    kept[:, :20] = 0
    assert np.array_equal(coverage(), kept)
    assert chosen.mask.packed_file is not None


def test_or_taken_away(chosen: Any) -> None:
    bpy.ops.drape.pick_object(place=RIGHT, take_away=True)
    kept = two_objects()
    kept[:, 20:] = 0
    assert np.array_equal(coverage(), kept)


def test_undo_brings_both_back(chosen: Any) -> None:
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.drape.pick_object("EXEC_DEFAULT", True, place=LEFT)
    assert coverage()[:, 20:].max() == 0
    bpy.ops.ed.undo()
    assert np.array_equal(coverage(), two_objects())


def test_beside_them_nothing_is_picked(chosen: Any) -> None:
    assert bpy.ops.drape.pick_object(place=BETWEEN) == {"CANCELLED"}
    assert np.array_equal(coverage(), two_objects())


def test_the_brush_adds_or_subtracts(chosen: Any) -> None:
    paint = bpy.context.tool_settings.image_paint
    unified = getattr(paint, "unified_paint_settings", None) or bpy.context.tool_settings.unified_paint_settings
    for brush, white in (("SUBTRACT", 0.0), ("ADD", 1.0)):
        assert bpy.ops.drape.paint_mask(brush=brush) == {"FINISHED"}
        assert tuple(unified.color) == (white,) * 3
        assert tuple(unified.secondary_color) == (1 - white,) * 3


def test_what_was_found_is_not_looked_for_again(scene: Any, picture: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Paint Mask takes what Show Cut-out has found, until the picture is another one."""
    cutout, asked = part("picture.cutout"), []
    scene.drape.mask = None

    def ask(_: Any, __: str, files: list[Path], command: str, ___: str, mask: str, *, finish: Any) -> set[str]:
        asked.append(command)
        Path(mask).write_bytes(files[0].read_bytes())
        finish(files[0], None)
        return {"FINISHED"}

    for found in Path(bpy.app.tempdir).glob("drape.cut-out.*"):  # by another test
        found.unlink()
    monkeypatch.setattr(cutout, "ask", ask)
    bpy.ops.drape.show_cutout()
    bpy.ops.drape.paint_mask()
    assert asked == ["cut-out"]
    assert tuple(scene.drape.mask.size) == tuple(picture.size)
    scene.drape.mask = None
    picture.pixels[0] = 0.9
    picture.update()
    bpy.ops.drape.paint_mask()
    assert asked == ["cut-out", "cut-out"]


def test_a_bad_result_is_made_again_from_its_mask(
    scene: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chosen: Any
) -> None:
    folder = write_result(tmp_path / "job", verdict="collapsed")
    history, mask = part("engine_client.history"), folder / "sheet.mask.png"
    mask.write_bytes((folder / "mask.png").read_bytes())
    params = {
        **{**scene.drape.request(), "seed": 11},
        **{"picture": str(folder / "sheet.picture.png"), "mask": str(mask), "output": str(folder)},
    }
    entry = history.waiting("sheet", params)
    monkeypatch.setattr(part("job.queue").JobQueue, "history", SimpleNamespace(of={folder: entry}.get, entries=[entry]))
    bpy.ops.drape.import_result(directory=str(folder))
    assert bpy.ops.drape.mend_mask() == {"FINISHED"}
    assert scene.drape.seed == 11
    assert Path(scene.drape.picture.filepath) == folder / "sheet.picture.png"
    assert Path(scene.drape.mask.filepath) == mask


def test_a_dropped_picture_is_chosen(chosen: Any, result: Path) -> None:
    bpy.ops.drape.drop_pictures(directory=str(result), files=[{"name": "texture.png"}])
    assert chosen.picture.name == "texture.png"
    assert chosen.mask is None


def test_what_is_dropped_and_is_no_picture_is_told(chosen: Any, result: Path) -> None:
    with pytest.raises(RuntimeError, match="no-such"):
        bpy.ops.drape.drop_pictures(directory=str(result), files=[{"name": "no-such.png"}])
    assert chosen.picture.name == "disc.png"


@pytest.mark.parametrize(
    ("area", "region", "tab", "wanted"),
    [
        ("VIEW_3D", "UI", "Drape", True),
        ("IMAGE_EDITOR", "UI", "Drape", True),
        ("VIEW_3D", "UI", "Item", False),
        ("VIEW_3D", "WINDOW", "", False),
        ("IMAGE_EDITOR", "WINDOW", "", False),
        ("PROPERTIES", "WINDOW", "", False),
    ],
)
def test_pictures_are_taken_on_our_tab_only(scene: Any, area: str, region: str, tab: str, wanted: bool) -> None:
    places = SimpleNamespace(
        area=SimpleNamespace(type=area), region=SimpleNamespace(type=region, active_panel_category=tab)
    )
    takes = part("job.drop_pictures").DRAPE_FH_pictures.poll_drop
    assert takes(places) is wanted
    part("setup.environment").preferences().drop_on_viewport = True
    try:
        assert takes(places) is (wanted or (area, region) == ("VIEW_3D", "WINDOW"))
    finally:
        part("setup.environment").preferences().drop_on_viewport = False


def test_pictures_alone_are_taken(scene: Any) -> None:
    endings = part("job.drop_pictures").DRAPE_FH_pictures.bl_file_extensions.split(";")
    assert {".png", ".jpg", ".jpeg", ".webp"} <= set(endings)
    assert not {".blend", ".mp4", ".glb"} & set(endings)
