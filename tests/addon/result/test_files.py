# SPDX-License-Identifier: GPL-3.0-or-later
"""What is no result never reaches Blender."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from drape.result.files import ResultError, read

RECORD: dict[str, Any] = {
    "format": 1,
    "method": "dreamtexture",
    "picture": {"file": "Mug.1.picture.png", "width": 8, "height": 8},
    "crop": {"x": 0, "y": 0, "size": 8},
    "seed": 0,
    "device": "cpu",
    "guidance": "embedded",
    "versions": {"drape": "0.1.0"},
    "settings": {"squares": 9},
    "quality": {"verdict": "good"},
}


def arrays() -> dict[str, Any]:
    """The arrays of a square."""
    return {
        "vertices": np.array([[0, 0, 0], [1, 0, 0], [1, 0, 1], [0, 0, 1]], np.float32),
        "faces": np.array([[0, 1, 2, 3]], np.int32),
        "uv_virtual_texture": np.zeros((1, 4, 2), np.float32),
        "uv_picture": np.ones((1, 4, 2), np.float32),
    }


def write(folder: Path, record: dict[str, Any] | None = None, **changes: Any) -> Path:
    """A result folder with `changes` of its arrays."""
    np.savez(folder / "mesh.npz", **{**arrays(), **changes})
    (folder / "texture.png").write_bytes(b"")
    (folder / "result.json").write_text(json.dumps(RECORD if record is None else record))
    return folder


def test_a_result(tmp_path: Path) -> None:
    result = read(write(tmp_path))
    assert (result.name, result.squares, result.verdict) == ("Mug.1", 9, "good")
    for name, array in arrays().items():
        np.testing.assert_array_equal(getattr(result, name), array)


def test_the_engine_may_tell_how_sure_it_is(tmp_path: Path) -> None:
    assert read(write(tmp_path)).confidence is None
    found = read(write(tmp_path, confidence=np.array([0.1, 0.2, 0.3, 0.4], np.float32))).confidence
    assert found is not None
    assert found.tolist() == pytest.approx([0.1, 0.2, 0.3, 0.4])


def test_triangles_are_welcome_too(tmp_path: Path) -> None:
    uv = np.zeros((1, 3, 2), np.float32)
    write(tmp_path, faces=np.array([[0, 1, 2]], np.int32), uv_virtual_texture=uv, uv_picture=uv)
    assert read(tmp_path).faces.shape == (1, 3)


def test_a_result_of_the_command_line_is_named_after_its_file(tmp_path: Path) -> None:
    assert read(write(tmp_path, {**RECORD, "picture": {**RECORD["picture"], "file": "jug.old.jpg"}})).name == "jug.old"


@pytest.mark.parametrize("name", ["result.json", "mesh.npz", "texture.png"])
def test_a_file_is_missing(tmp_path: Path, name: str) -> None:
    write(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(ResultError, match=f"no complete result.*{name} is missing"):
        read(tmp_path)


@pytest.mark.parametrize("name", ["result.json", "mesh.npz"])
def test_a_file_is_damaged(tmp_path: Path, name: str) -> None:
    write(tmp_path)
    (tmp_path / name).write_bytes((tmp_path / name).read_bytes()[:60])
    with pytest.raises(ResultError, match="can't be read"):
        read(tmp_path)


def test_another_format(tmp_path: Path) -> None:
    with pytest.raises(ResultError, match="format 2"):
        read(write(tmp_path, {**RECORD, "format": 2}))


@pytest.mark.parametrize("key", ["method", "picture", "settings", "quality", "crop", "versions"])
def test_something_is_not_told(tmp_path: Path, key: str) -> None:
    with pytest.raises(ResultError, match="can't be read"):
        read(write(tmp_path, {name: value for name, value in RECORD.items() if name != key}))


@pytest.mark.parametrize(
    ("name", "array"),
    [
        ("vertices", np.zeros((4, 2), np.float32)),
        ("vertices", np.zeros((4, 3))),
        ("vertices", np.full((4, 3), np.nan, np.float32)),
        ("faces", np.array([[0, 1, 2, 4]], np.int32)),
        ("faces", np.array([[0, 1, 2, -1]], np.int32)),
        ("faces", np.zeros((0, 4), np.int32)),
        ("faces", np.zeros((1, 5), np.int32)),
        ("faces", np.array([[0, 1, 2, 3]])),
        ("uv_picture", np.zeros((1, 3, 2), np.float32)),
        ("uv_virtual_texture", np.full((1, 4, 2), np.inf, np.float32)),
        ("confidence", np.zeros(3, np.float32)),
    ],
)
def test_arrays_that_are_no_mesh(tmp_path: Path, name: str, array: np.ndarray) -> None:
    with pytest.raises(ResultError, match="broken"):
        read(write(tmp_path, None, **{name: array}))
