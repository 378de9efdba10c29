# SPDX-License-Identifier: GPL-3.0-or-later
"""Feed it: damaged files of every format through the readers themselves. Each is read, or refused as it should be."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from drape.engine_client import folders, views
from drape.engine_client.history import History, waiting
from drape.result import files
from PIL import Image

from engine.checkpoint import Checkpoint
from engine.contract.records import JobRecord, ResultRecord, read_record
from engine.contract.result_folder import is_complete
from engine.errors import InputError
from engine.picture.picture import load_picture
from engine.surface.given import load_given
from tests.addon.engine_client.test_folders import JOB, RESULT
from tests.addon.result import test_files as results
from tests.faults.conftest import LONG
from tests.faults.mutation import mutated, mutated_value

pytestmark = pytest.mark.faults
EACH = 1500 if LONG else 60
SIDE = 40
COVERAGE = np.ones((SIDE, SIDE), np.float32)
ORBIT = {"seeds": {"3": 1}, "pictures": {}, "stop_after": 0}


def encoded(kind: str, mode: str, **options: Any) -> bytes:
    """A picture file of this kind."""
    y, x = np.mgrid[:SIDE, :SIDE]
    colours = np.dstack([x * 6, y * 6, x * 3 + y * 3, np.where(np.hypot(x - 20, y - 20) < 18, 255, 0)])
    image = Image.fromarray(colours.astype(np.uint8))
    deep = Image.fromarray((colours[..., 0] * 257).astype(np.uint16))
    real = Image.fromarray(colours[..., 0].astype(np.float32))
    file = io.BytesIO()
    {"I;16": deep, "F": real}.get(mode, image.convert(mode) if mode not in ("I;16", "F") else deep).save(
        file, kind, **options
    )
    return file.getvalue()


PICTURES = {
    "png": encoded("PNG", "RGBA"), "grey.png": encoded("PNG", "I;16"), "palette.png": encoded("PNG", "P"),
    "jpg": encoded("JPEG", "RGB"), "webp": encoded("WEBP", "RGBA"), "tif": encoded("TIFF", "RGBA"),
    "lzw.tif": encoded("TIFF", "RGB", compression="tiff_lzw"), "gif": encoded("GIF", "P"),
    "bmp": encoded("BMP", "RGB"), "cmyk.jpg": encoded("JPEG", "CMYK"),
}  # fmt: skip


def cut_out(rgb: np.ndarray) -> np.ndarray:
    """All of it."""
    return np.ones(rgb.shape[:2], np.float32)


def read_or_refused(read: Callable[[], object], refusal: type[Exception]) -> bool:
    """Whether it was read; anything but `refusal` fails the test."""
    try:
        read()
    except refusal:
        return False
    return True


@pytest.mark.parametrize("name", PICTURES)
def test_pictures(name: str, tmp_path: Path, tell: Callable[[str], None]) -> None:
    chance, file = random.Random(name), tmp_path / f"picture.{name}"
    file.write_bytes(PICTURES[name])
    assert read_or_refused(lambda: load_picture(file, None, cut_out), InputError)
    read = 0
    for _ in range(EACH):
        file.write_bytes(mutated(PICTURES[name], chance))
        read += read_or_refused(lambda: load_picture(file, None, cut_out), InputError)
        read_or_refused(lambda: load_given(file, None, COVERAGE), InputError)
    tell(f"{EACH} damaged, {read} of them read as pictures, the others refused")


@pytest.mark.parametrize("kind", ["float32", "uint16"])
def test_arrays(kind: str, tmp_path: Path, tell: Callable[[str], None]) -> None:
    chance, file, array = random.Random(kind), tmp_path / "depth.npy", io.BytesIO()
    np.save(array, np.arange(SIDE * SIDE).reshape(SIDE, SIDE).astype(kind))
    file.write_bytes(array.getvalue())
    assert read_or_refused(lambda: load_given(file, None, COVERAGE), InputError)
    read = 0
    for _ in range(EACH):
        head, body = array.getvalue()[:128], array.getvalue()[128:]
        file.write_bytes(mutated(head, chance) + body if chance.random() < 0.8 else mutated(head + body, chance))
        read += read_or_refused(lambda: load_given(file, None, COVERAGE), InputError)
    tell(f"{EACH} damaged, {read} of them read, the others refused")


def test_meshes(tmp_path: Path, tell: Callable[[str], None]) -> None:
    chance = random.Random(0)
    results.write(tmp_path)
    plain = (tmp_path / "mesh.npz").read_bytes()
    np.savez_compressed(tmp_path / "mesh.npz", **results.arrays())
    wholes = plain, (tmp_path / "mesh.npz").read_bytes()
    assert read_or_refused(lambda: files.read(tmp_path), files.ResultError)
    read = 0
    for number in range(10 * EACH):
        (tmp_path / "mesh.npz").write_bytes(mutated(wholes[number % 2], chance))
        read += read_or_refused(lambda: files.read(tmp_path), files.ResultError)
    tell(f"{10 * EACH} damaged, {read} of them read, the others refused")


def test_records(tmp_path: Path, tell: Callable[[str], None]) -> None:
    """Of ours, another program's, and damaged ones: through all that reads them, on both sides."""
    chance = random.Random(0)
    job, result = {**JOB, "orbit": ORBIT, "digest": "a"}, {**results.RECORD, **RESULT, "job": "a"}
    camera = {"matrix": np.eye(4).tolist(), "fov": 39.0, "width": 8, "height": 8}
    history = History(tmp_path)
    results.write(tmp_path)
    history.write(waiting("cup", {"output": str(tmp_path / "cup"), "picture": "cup.png"}))
    (entry_file,) = (tmp_path / "history").iterdir()
    entry = json.loads(entry_file.read_text())
    (tmp_path / "views" / "000").mkdir(parents=True)
    camera_file = tmp_path / "views" / "000" / "camera.json"
    places = [(tmp_path / "job.json", job), (tmp_path / "result.json", result), (camera_file, camera),
              (entry_file, entry)]  # fmt: skip
    for file, value in places:
        file.write_text(json.dumps(value))
    assert is_complete(tmp_path)
    assert folders.request_to_resume(tmp_path) is not None
    assert len(views.views_of(tmp_path)) == 1
    assert len(History(tmp_path).entries) == 1
    for number in range(20 * EACH):
        file, value = places[number % len(places)]
        if chance.random() < 0.7:
            data = json.dumps(mutated_value(value, chance)).encode()
        else:
            data = mutated(json.dumps(value).encode(), chance)
        file.write_bytes(data)
        for path, kind in ((tmp_path / "job.json", JobRecord), (tmp_path / "result.json", ResultRecord)):
            read_or_refused(partial(read_record, path, kind), InputError)
        read_or_refused(lambda: files.read(tmp_path), files.ResultError)
        is_complete(tmp_path)
        folders.request_to_resume(tmp_path)
        views.views_of(tmp_path)
        for one in History(tmp_path).entries:
            _ = one.folder, one.log, one.has_result, one.can_retry
        file.write_text(json.dumps(value))
    tell(f"{20 * EACH} damaged, none escaped")


def test_checkpoints(tmp_path: Path, tell: Callable[[str], None]) -> None:
    """A damaged one or another job's starts that stage over."""
    chance, file = random.Random(0), tmp_path / "checkpoint.safetensors"
    Checkpoint(tmp_path, "mine").save({"a": torch.arange(50.0), "b": torch.ones(3, 4)})
    whole = file.read_bytes()
    assert Checkpoint(tmp_path, "mine").load() is not None
    assert Checkpoint(tmp_path, "another's").load() is None
    head = 8 + int.from_bytes(whole[:8], "little")
    for _ in range(5 * EACH):
        file.write_bytes(mutated(whole[:head], chance) + whole[head:])
        found = Checkpoint(tmp_path, "mine").load()
        assert found is None or set(found) <= {"a", "b"} or len(found) <= 2
    for length in range(0, len(whole), 7):
        file.write_bytes(whole[:length])
        assert Checkpoint(tmp_path, "mine").load() is None
    tell(f"{5 * EACH} damaged headers, {len(whole) // 7 + 1} cut files")
