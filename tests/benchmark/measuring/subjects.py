# SPDX-License-Identifier: GPL-3.0-or-later
"""What the benchmarks look at: rendered scenes, and pictures that other estimators have judged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from engine.geometry.nearest import nearest_known
from engine.picture import picture as pictures
from engine.picture.picture import Crop
from tests.benchmark.scenes import pictures as scenes
from tests.benchmark.scenes.cases import Case

SIZE = 256  # pixels a side

Floats = NDArray[np.floating]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Subject:
    """A square crop round an object, with what is held to be true of it."""

    name: str
    group: str
    file: Path
    """The picture (RGBA) that it is a crop of."""
    crop: Crop
    rgb: NDArray[np.float32]
    """(N, N, 3) sRGB 0..1, straight, 0 outside the mask."""
    mask: Mask
    """(N, N), from the picture's alpha."""
    depth: Floats
    """(N, N) towards the camera; only its shape is known, up to scale and offset."""
    normal: Floats
    """(N, N, 3) unit, x right, y up, z towards the camera."""

    @property
    def where(self) -> Mask:
        """The pixels that count: (N, N)."""
        return self.mask & np.isfinite(self.depth) & np.isfinite(self.normal).all(-1)


@dataclass(frozen=True)
class Estimate:
    """What a method says of a subject; NaN where it says nothing."""

    depth: Floats
    normal: Floats

    def everywhere(self) -> Estimate:
        """With each gap filled from the nearest pixel that is known, so that leaving out is no way to be right."""
        nearest = nearest_known(np.isfinite(self.depth) & np.isfinite(self.normal).all(-1))
        return Estimate(self.depth[nearest], self.normal[nearest])


Method = Callable[[Subject], Estimate]


def rendered(case: Case) -> Subject:
    """The scene of `case`, uncropped: it is framed as the engine would crop it."""
    scene = scenes.load(case)
    rgba = np.asarray(Image.open(scene.picture), np.float32) / 255
    mask = rgba[..., 3] >= 0.5
    rgb = np.where(mask[..., None], rgba[..., :3], np.float32(0))
    crop = Crop(0, 0, len(rgba))
    return Subject(case.name, case.group, scene.picture, crop, rgb, mask, scene.depth, scene.normal)


def judged(folder: Path) -> Iterator[Subject]:
    """The pictures in `folder`/*/rgba.png beside which a normal.png and a depth.png of the same size lie.

    normal.png: (rgb / 127.5 - 1) is x right, y down, z away from the camera. depth.png: brighter where nearer, an
    inverse depth, which over an object's own depth is nearly a depth up to scale and offset. Both are averaged over
    the object's part of each pixel of the engine's own crop.
    """
    for home in sorted(path.parent for path in folder.glob("*/normal.png")):
        picture = pictures.load_picture(home / "rgba.png")
        normal = np.asarray(Image.open(home / "normal.png").convert("RGB"), np.float32) / 127.5 - 1
        depth = np.asarray(Image.open(home / "depth.png").convert("L"), np.float32) / 255
        values = np.dstack([normal * np.array([1, -1, -1], np.float32), depth])
        square = _square(values * picture.mask[..., None], picture.crop)
        rgb, coverage = picture.square(SIZE)
        mask = coverage >= 0.5
        true_normal, true_depth = np.full((SIZE, SIZE, 3), np.nan), np.full((SIZE, SIZE), np.nan)
        true_normal[mask] = square[mask, :3] / np.linalg.norm(square[mask, :3], axis=-1, keepdims=True)
        true_depth[mask] = square[mask, 3] / coverage[mask]
        rgb = np.where(mask[..., None], rgb, np.float32(0))
        yield Subject(home.name, "real pictures", home / "rgba.png", picture.crop, rgb, mask, true_depth, true_normal)


def _square(values: Floats, crop: Crop) -> Floats:
    """`crop` of `values` (H, W, C), C up to 4, 0 beyond the border, averaged by area to (N, N, C)."""
    height, width = values.shape[:2]
    x, y, size = crop
    window = values[max(y, 0) : y + size, max(x, 0) : x + size]
    padding = (max(-y, 0), max(y + size - height, 0), max(-x, 0), max(x + size - width, 0))
    window = cv2.copyMakeBorder(window, *padding, cv2.BORDER_CONSTANT, value=0)
    interpolation = cv2.INTER_AREA if size > SIZE else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(window, (SIZE, SIZE), interpolation=interpolation))
