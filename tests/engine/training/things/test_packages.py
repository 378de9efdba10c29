# SPDX-License-Identifier: GPL-3.0-or-later
"""Packages and pictures from them."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.torch import load_file

from engine.training.things.packages import Package, PackageError, opened
from engine.training.things.photographs import PICTURES, Pictures, pictures, write
from tests.engine.training.things.tiny import png


@pytest.fixture
def package(tmp_path: Path) -> Package:
    """A package with one file, built in `packages`."""
    if shutil.which("dpkg-deb") is None:
        pytest.skip("no dpkg-deb")
    root = tmp_path / "root"
    (root / "DEBIAN").mkdir(parents=True)
    (root / "DEBIAN/control").write_text(
        "Package: tiny-data\nVersion: 1\nArchitecture: all\nMaintainer: a <a@b.c>\nDescription: tiny\n"
    )
    (root / "usr").mkdir()
    (root / "usr/thing.txt").write_text("hello")
    (tmp_path / "packages").mkdir()
    file = tmp_path / "packages/tiny-data_1_all.deb"
    subprocess.run(["dpkg-deb", "-b", root, file], check=True, capture_output=True)
    return Package("tiny-data", "1", hashlib.sha256(file.read_bytes()).hexdigest(), "CC0", "nobody", "nothing")


def test_a_known_package_is_opened(package: Package, tmp_path: Path) -> None:
    folder = opened(package, tmp_path / "packages", tmp_path)
    assert (folder / "usr/thing.txt").read_text() == "hello"
    shutil.rmtree(tmp_path / "packages")
    assert opened(package, tmp_path / "packages", tmp_path) == folder  # once is enough


def test_another_package_of_the_name_is_refused(package: Package, tmp_path: Path) -> None:
    with pytest.raises(PackageError, match="version 2"):
        opened(replace(package, version="2", sha256="0" * 64), tmp_path / "packages", tmp_path)
    assert not (tmp_path / "tiny-data").exists()


def _stamp(side: int) -> bytes:
    """A disc of red on nothing, wide borders round it."""
    y, x = np.mgrid[: 2 * side, : 2 * side] - side + 0.5
    pixels = np.zeros((2 * side, 2 * side, 4), np.uint8)
    pixels[np.hypot(x, y) < side / 2] = (200, 0, 0, 255)
    return png(pixels)


def test_photographs_are_cut_to_their_subject(tmp_path: Path) -> None:
    source = next(source for source in PICTURES if source.kind == "photographs")
    stamps = tmp_path / "stamps/animals"
    (stamps / "cartoon").mkdir(parents=True)
    (stamps / "cat.png").write_bytes(_stamp(600))
    (stamps / "small.png").write_bytes(_stamp(100))
    (stamps / "cartoon/dog.png").write_bytes(_stamp(600))
    found = dict(pictures(source, tmp_path))
    assert list(found) == [f"{source.about.name}/stamps/animals/cat.png"]
    (picture,) = found.values()
    assert picture.shape == (4, 384, 384)
    solid = picture[3] > 250
    assert 0.6 < float(solid.float().mean()) < 0.8  # pi / 4, less the margin
    assert (picture[0, solid] > 195).all()


def test_pictures_are_written_once_in_two_halves(tmp_path: Path) -> None:
    about = Package("p", "1", "", "CC0", "nobody", "nothing")
    source = Pictures(about, "photographs", r"\.png$")
    (tmp_path / "in").mkdir()
    for k in range(24):
        (tmp_path / f"in/{k * 7919}.png").write_bytes(_stamp(160))
    write(tmp_path, source, tmp_path / "in")
    files = sorted((tmp_path / "photographs").iterdir())
    assert [file.name for file in files] == ["test_p_0000.safetensors", "train_p_0000.safetensors"]
    test, train = (load_file(file) for file in files)
    assert len(test) + len(train) == 24
    assert not test.keys() & train.keys()
    assert len(train) > len(test) > 0
