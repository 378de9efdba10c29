# SPDX-License-Identifier: GPL-3.0-or-later
"""Photographs of single things as they were taken, nothing pasted, with outlines drawn by hand; for judging alone.

Most are GCompris's (Debian's gcompris-qt-data; authors and licences, CC-BY-SA and CC0 among them, in its copyright
file), some skimage's. The pictures themselves aren't here: they are read from the packages.
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import skimage
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw

from engine.training.things.packages import Package, opened

ABOUT = Package(
    "gcompris-qt-data",
    "3.1-2",
    "e9cf06ab2105529068df73085784e835d2ff03f870d2a8091f09125d40abac9f",
    "GPL-3+, pictures file by file",
    "see the copyright file",
    "all but the pictures whose outlines are drawn",
)
RESOURCES = "usr/share/gcompris-qt/rcc"
OUTLINES = Path(__file__).with_suffix(".json")

Half = Literal["development", "test"]


@dataclass(frozen=True)
class Photograph:
    """A photograph and what on it is its subject."""

    name: str
    half: Half
    rgb: NDArray[np.uint8]
    """(H, W, 3)."""
    mask: NDArray[np.bool_]
    """(H, W)."""


def photographs(packages: Path) -> list[Photograph]:
    """All of them; every other one, by name, is in the test half. The package's .deb is looked for in `packages`, and
    downloaded where it is missing.
    """
    folder = opened(ABOUT, packages, packages) / RESOURCES
    found = []
    for k, (name, told) in enumerate(json.loads(OUTLINES.read_text(encoding="utf-8")).items()):
        image = _picture(folder, told["picture"])
        half: Half = "test" if k % 2 else "development"
        found.append(Photograph(name, half, np.asarray(image), filled(told["outlines"], image.size)))
    return found


def filled(outlines: list[str], size: tuple[int, int]) -> NDArray[np.bool_]:
    """Mask (H, W) of `size` (W, H) inside `outlines`: corners x,y in hundredths of the longer side, from the top left;
    an outline within another is a hole.
    """
    mask = Image.new("1", size)
    scale = max(size) / 100
    for outline in outlines:
        corners = [tuple(scale * float(number) - 0.5 for number in corner.split(",")) for corner in outline.split()]
        piece = Image.new("1", size)
        ImageDraw.Draw(piece).polygon(corners, fill=1)
        mask = ImageChops.logical_xor(mask, piece)
    return np.asarray(mask)


def _picture(folder: Path, name: str) -> Image.Image:
    """`skimage/FILE`, or `RESOURCE/NUMBER`: the picture of that number in a Qt resource file."""
    source, which = name.split("/")
    if source == "skimage":
        data = (Path(skimage.__file__).parent / "data" / which).read_bytes()
    else:
        data = pictures_within((folder / f"{source}.rcc").read_bytes())[int(which)]
    return Image.open(io.BytesIO(data)).convert("RGB")


def pictures_within(data: bytes) -> list[bytes]:
    """The WebP files that lie one after another in `data`, found by their headers."""
    found, at = [], data.find(b"RIFF")
    while at >= 0:
        length = int.from_bytes(data[at + 4 : at + 8], "little") + 8
        if data[at + 8 : at + 12] == b"WEBP":
            found.append(data[at : at + length])
        at = data.find(b"RIFF", at + 8)
    return found
