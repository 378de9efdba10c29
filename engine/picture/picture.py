# SPDX-License-Identifier: GPL-3.0-or-later
"""The picture an artist gives: read from its file, upright, with the mask of its object and a square crop round it.

Arrays of a picture have row 0 on top; a crop's x runs right and its y down, in pixels of the upright picture.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from engine.errors import InputError
from engine.geometry.parts import keep_parts
from engine.picture.reading import read_colours

MIN_OBJECT = 32  # pixels
MARGIN = 0.09  # on each side of the object, as a share of the crop's side
SPECK = 1e-3  # parts of the object under this share of its largest part are dropped

Floats = NDArray[np.float32]
CutOut = Callable[[Floats], Floats]
"""From a picture (H, W, 3), sRGB 0..1, to the coverage (H, W) 0..1 of its object; all 0 where it finds none."""


class Crop(NamedTuple):
    """A square in the upright picture's pixels: its left and top edge and its side; may reach past the border."""

    x: int
    y: int
    size: int


@dataclass(frozen=True)
class Picture:
    """A picture with one object.

    rgb: (H, W, 3) float32, sRGB 0..1, upright, straight (never multiplied by alpha).
    mask: (H, W) float32, the object's coverage of each pixel, 0..1.
    crop: the square round the object, with a margin.
    mask_source: where the mask came from: "file", "alpha" or "cut-out".
    scale: pixels of the file along a side of one of these, as a very large picture is read smaller.
    """

    rgb: Floats
    mask: Floats
    crop: Crop
    mask_source: str
    scale: int = 1

    def square(self, n: int) -> tuple[Floats, Floats]:
        """The crop at n x n pixels: rgb (n, n, 3) and mask (n, n), float32 0..1.

        Averages by area where it shrinks. Colours are averaged with the mask as weight, so that no background bleeds
        into the object's rim; rgb is straight again and 0 where the mask is 0.
        """
        x, y, size = self.crop
        height, width = self.mask.shape
        window = np.s_[max(y, 0) : y + size, max(x, 0) : x + size]
        premultiplied = np.dstack([self.rgb[window] * self.mask[window][..., None], self.mask[window]])
        padding = (max(-y, 0), max(y + size - height, 0), max(-x, 0), max(x + size - width, 0))
        premultiplied = cv2.copyMakeBorder(premultiplied, *padding, cv2.BORDER_CONSTANT, value=0)
        return straight(premultiplied, n)

    def texture(self, longest: int) -> Floats:
        """The crop as a texture: (m, m, 3) float32 sRGB 0..1, m its own size but at most `longest`.

        Beyond the contour, and on the contour's mixed pixels, each pixel has the nearest colour of the object, so
        that no background shows at the mesh's rim.
        """
        rgb, mask = self.square(min(self.crop.size, longest))
        known = mask >= 0.9 * mask.max()
        _, nearest = cv2.distanceTransformWithLabels(
            (~known).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
        )
        colours = np.zeros((nearest.max() + 1, 3), np.float32)
        colours[nearest[known]] = rgb[known]
        return colours[nearest]


def straight(premultiplied: Floats, n: int) -> tuple[Floats, Floats]:
    """A square picture whose colours have been multiplied with its mask, (N, N, 4), at n x n pixels: rgb (n, n, 3),
    straight, and mask (n, n), 0..1. Averages by area where it shrinks.
    """
    interpolation = cv2.INTER_AREA if n < len(premultiplied) else cv2.INTER_LINEAR
    resized = cv2.resize(premultiplied, (n, n), interpolation=interpolation)
    mask = resized[..., 3]
    rgb = resized[..., :3] / np.maximum(mask, 1e-6)[..., None]
    return np.clip(rgb, 0, 1), np.clip(mask, 0, 1)


def load_picture(path: Path, mask: Path | None = None, cut_out: CutOut | None = None) -> Picture:
    """The picture in `path`, its object as `mask` says (white), else its alpha, else `cut_out`.

    Reads what `read_colours` does. Alpha counts where it hides something: somewhere under one half.

    Raises InputError if a file is missing, not a picture, damaged or over 100 megapixels, if the mask is empty or of
    other proportions, and if there is no object or one under 32 pixels.
    """
    rgb, alpha, scale = read_colours(path)
    if mask is not None:
        source, coverage = "file", _read_mask(mask, rgb.shape[1], rgb.shape[0])
    elif alpha is not None and alpha.min() < 0.5:
        source, coverage = "alpha", alpha
    elif cut_out is not None:
        source, coverage = "cut-out", cut_out(rgb)
    else:
        raise _no_object()
    coverage = keep_parts(coverage, SPECK)
    if not (coverage >= 0.5).any():
        raise _no_object()
    return Picture(rgb, coverage, square_round(coverage), source, scale)


def square_round(mask: Floats) -> Crop:
    """The square crop round the pixels of `mask` (H, W) that are at least half covered, with MARGIN on each side.

    Raises InputError if the longer side of their bounding box is under MIN_OBJECT.
    """
    rows, columns = (np.flatnonzero((mask >= 0.5).any(axis)) for axis in (1, 0))
    top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
    longest = int(max(bottom - top, right - left))
    if longest < MIN_OBJECT:
        raise InputError("object-small", longest=longest, needed=MIN_OBJECT)
    size = round(longest / (1 - 2 * MARGIN))
    return Crop(int(left + right - size) // 2, int(top + bottom - size) // 2, size)


def png(values: Floats) -> bytes:
    """A PNG file of 8 bits a channel that shows `values`, 0..1: a mask (H, W), or sRGB (H, W, 3), or that with alpha
    (H, W, 4).
    """
    file = io.BytesIO()
    Image.fromarray(np.round(np.clip(values, 0, 1) * 255).astype(np.uint8)).save(file, "PNG")
    return file.getvalue()


def _read_mask(path: Path, width: int, height: int) -> Floats:
    """The mask in `path`, white on the object (and opaque), at the size of the picture it is for."""
    rgb, alpha, _ = read_colours(path)
    mask: Floats = rgb.mean(2, dtype=np.float32) * (1 if alpha is None else alpha)
    own_height, own_width = mask.shape
    if abs(own_width * height - own_height * width) > max(width, height, own_width, own_height):  # over a pixel's edge
        raise InputError(
            "mask-proportions",
            file=path.name, mask_width=own_width, mask_height=own_height, width=width, height=height,
        )  # fmt: skip
    if not (mask >= 0.5).any():
        raise InputError("mask-empty", file=path.name)
    if mask.shape == (height, width):
        return mask
    interpolation = cv2.INTER_AREA if width < own_width else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(mask, (width, height), interpolation=interpolation), np.float32)


def _no_object() -> InputError:
    return InputError("object-missing")
