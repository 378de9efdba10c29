# SPDX-License-Identifier: GPL-3.0-or-later
"""Textures of models: levels of halved size, sampled bilinearly."""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from engine.training.things.tree import Tree

LARGEST = 512
CLEAR = 0.5
"""Opacity below which a texel is a hole."""


Textures = Callable[[str], "Texture | None"]
"""From a file's name to the texture; None where it can't be read."""


@dataclass(frozen=True)
class Texture:
    """A picture that repeats over the plane, and whether it has holes."""

    levels: tuple[NDArray[np.uint8], ...]
    """(h, w, 4) display colours and opacity, powers of two, each half as large as the one before."""
    holes: bool

    @classmethod
    def decode(cls, data: bytes) -> Texture:
        """From an image file's bytes. Raises OSError where it can't be read."""
        image = Image.open(io.BytesIO(data))
        transparent = image.mode in ("RGBA", "LA") or "transparency" in image.info
        width, height = (_power_of_two(side) for side in image.size)
        top = np.asarray(image.convert("RGBA").resize((width, height), Image.Resampling.BOX)).copy()
        if not transparent:
            top[..., 3] = 255
        return cls.of_pixels(top)

    @classmethod
    def of_pixels(cls, top: NDArray[np.uint8], solid: bool = False) -> Texture:
        """From pixels (h, w, 4), sides powers of two; `solid`: what their opacity says doesn't count."""
        levels = [top]
        while min(levels[-1].shape[:2]) > 1:
            h, w = levels[-1].shape[:2]
            halved = levels[-1].reshape(h // 2, 2, w // 2, 2, 4).mean((1, 3), dtype=np.float32)
            levels.append(np.round(halved).astype(np.uint8))
        holes = not solid and float((top[..., 3] < 255 * CLEAR).mean()) > 0.01
        return cls(tuple(levels), holes)

    def sample(self, uv: NDArray[np.float32], level: NDArray[np.float32]) -> NDArray[np.float32]:
        """Colours and opacity (P, 4) in 0..1 at `uv` (P, 2), v upwards; `level` (P,) is rounded to one that exists."""
        out = np.zeros((len(uv), 4), np.float32)
        nearest = np.clip(np.round(level), 0, len(self.levels) - 1).astype(np.int64)
        for k in np.unique(nearest):
            rows, image = nearest == k, self.levels[k]
            h, w = image.shape[:2]
            x, y = uv[rows, 0] * w - 0.5, (1 - uv[rows, 1]) * h - 0.5
            left, top = np.floor(x), np.floor(y)
            fx, fy = (x - left)[:, None], (y - top)[:, None]
            x0, y0 = left.astype(np.int64) % w, top.astype(np.int64) % h
            x1, y1 = (x0 + 1) % w, (y0 + 1) % h
            upper = image[y0, x0] * (1 - fx) + image[y0, x1] * fx
            lower = image[y1, x0] * (1 - fx) + image[y1, x1] * fx
            out[rows] = (upper * (1 - fy) + lower * fy) / 255
        return out


def _power_of_two(side: int) -> int:
    return 1 << max(1, int(math.log2(min(max(side, 2), LARGEST))))


def cached_textures(tree: Tree) -> Textures:
    """Textures of the files in `tree`; those asked for last are kept."""

    @lru_cache(48)
    def texture(name: str) -> Texture | None:
        try:
            return Texture.decode(tree.read(name))
        except (OSError, ValueError):  # ValueError: kinds of SGI pictures that PIL doesn't know
            return None

    return texture
