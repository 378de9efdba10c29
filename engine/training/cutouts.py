# SPDX-License-Identifier: GPL-3.0-or-later
"""Photographs of single things laid on photographs, such that the paste is hard to see."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import safe_open
from torch import Tensor

from engine.training.backgrounds import backgrounds as made_up
from engine.training.draws import Draws
from engine.training.filters import gaussian
from engine.training.textures import Noise

HELD_OUT = 8
PHOTOGRAPH = 0.7
"""Share of the backgrounds that are photographs; the others are made up."""
ALIKE = 0.25
"""Share of the pictures whose background is about as bright as the thing: pale on pale, dark on dark."""
CUT = 0.3
"""Share of the things that reach out of the picture."""
SHADOW = 0.5
"""Share of the things that cast a shadow on what is behind and under them."""


class Photographs:
    """Pictures with alpha, and pictures to lay them on, from shards on disk."""

    def __init__(self, subjects: Sequence[Path], behind: Sequence[Path], development: bool = False) -> None:
        """Files of tensors uint8 (4, H, W) with straight alpha, and (3, H, W), each under its picture's name; each
        file of the latter is as likely as any other. One picture in HELD_OUT, found by its name, is kept for
        `development`.
        """
        self.subjects = [image for file in subjects for name, image in _images(file) if _held_out(name) == development]
        kinds = [[image for name, image in _images(file) if _held_out(name) == development] for file in behind]
        self.behind = [kind for kind in kinds if kind]

    def backgrounds(self, count: int, size: int, generator: torch.Generator) -> Tensor:
        """Display colours (count, 3, size, size) in 0..1: pieces of photographs."""
        dice = np.random.default_rng(int(torch.randint(2**31, (), generator=generator)))
        pieces = []
        for _ in range(count):
            kind = self.behind[dice.integers(len(self.behind))]
            image = kind[dice.integers(len(kind))]
            height, width = image.shape[:2]
            side = int(min(height, width) * dice.uniform(0.35, 1.0))
            y, x = dice.integers(height - side + 1), dice.integers(width - side + 1)
            piece = _resized(image[y : y + side, x : x + side], size, size)
            piece = piece[:, ::-1] if dice.random() < 0.5 else piece
            pieces.append(torch.from_numpy(np.ascontiguousarray(piece)).permute(2, 0, 1).float() / 255)
        result = torch.stack(pieces)
        draws = Draws(count, generator)
        blurred, sigma = draws.chance(0.5)[0], draws.scale(0.004, 0.05)[0] * size
        if len(rows := blurred.nonzero()[:, 0]):  # out of focus
            result[rows] = gaussian(result[rows], sigma[rows])
        return result

    def laid(self, count: int, size: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Pictures (count, 3, size, size) in 0..1 and the coverage (count, 1, size, size) of what lies on them."""
        dice = np.random.default_rng(int(torch.randint(2**31, (), generator=generator)))
        placed = torch.stack([self._placed(size, dice) for _ in range(count)])
        weighted, alpha = placed[:, :3], placed[:, 3:]
        mean = weighted.sum((2, 3)) / alpha.sum((2, 3)).clamp_min(1)
        draws = Draws(count, generator)
        made = made_up(size, mean.T.contiguous(), draws, Noise(generator))
        photo = draws.chance(PHOTOGRAPH)[0][:, None, None, None]
        behind = torch.where(photo, self.backgrounds(count, size, generator), made)
        behind = torch.where(draws.chance(ALIKE)[0][:, None, None, None], _as_bright(behind, mean), behind)
        behind = behind * (1 - _shadow(alpha, draws))
        # Light of the place: the thing takes a little of the background's colour, and grows darker or lighter.
        place = behind.mean((2, 3), keepdim=True)
        share = draws.uniform(0, 0.25)[0][:, None, None, None]
        gain = draws.scale(0.7, 1.25)[0][:, None, None, None]
        tint = torch.lerp(torch.ones_like(place), place / place.mean(1, keepdim=True).clamp_min(0.05), share)
        feather = draws.uniform(0.3, 1.1)[0] * size / 128
        near, edge = gaussian(torch.cat([weighted, alpha], 1), feather).split((3, 1), 1)
        colour = torch.where(alpha > 0.5, weighted / alpha.clamp_min(0.5), near / edge.clamp_min(1e-3))
        return torch.lerp(behind, (colour * gain * tint).clamp(0, 1), edge), edge

    def _placed(self, size: int, dice: np.random.Generator) -> Tensor:
        """A subject (4, size, size), its colour times its coverage, and that, somewhere on an empty canvas."""
        image = self.subjects[dice.integers(len(self.subjects))]
        image = image[:, ::-1] if dice.random() < 0.5 else image
        height, width = image.shape[:2]
        share = dice.uniform(0.3, 0.95) if dice.random() > CUT else dice.uniform(0.8, 1.6)
        scale = share * size / max(height, width)
        h, w = max(8, round(height * scale)), max(8, round(width * scale))
        straight = image.astype(np.float32) / 255
        subject = _resized(np.dstack([straight[..., :3] * straight[..., 3:], straight[..., 3]]), h, w)
        beyond = 0.3 if share > 0.8 else 0.0
        low_y, high_y = sorted((-beyond * h, size - h + beyond * h))
        low_x, high_x = sorted((-beyond * w, size - w + beyond * w))
        y, x = round(dice.uniform(low_y, high_y)), round(dice.uniform(low_x, high_x))
        canvas = np.zeros((size, size, 4), np.float32)
        top, left = max(0, y), max(0, x)
        bottom, right = min(size, y + h), min(size, x + w)
        canvas[top:bottom, left:right] = subject[top - y : bottom - y, left - x : right - x]
        return torch.from_numpy(canvas).permute(2, 0, 1)


def _as_bright(behind: Tensor, mean: Tensor) -> Tensor:
    """`behind` (B, 3, N, N) scaled to the brightness of `mean` (B, 3), its contrast with it."""
    now = behind.mean((1, 2, 3)).clamp_min(0.02)
    return (behind * (mean.mean(1) / now)[:, None, None, None]).clamp(0, 1)


def _shadow(alpha: Tensor, draws: Draws) -> Tensor:
    """How much darker (B, 1, N, N) it is round the foot of what covers `alpha` (B, 1, N, N)."""
    n = alpha.shape[-1]
    down = torch.roll(alpha, max(1, n // 40), 2)
    soft = gaussian(down, draws.scale(0.008, 0.06)[0] * n)
    strength = draws.uniform(0.15, 0.7) * draws.chance(SHADOW)
    return soft * strength[0][:, None, None, None]


def _images(file: Path) -> list[tuple[str, NDArray[np.uint8]]]:
    with safe_open(file, "pt") as shard:
        names = sorted(shard.keys())
        return [(name, shard.get_tensor(name).permute(1, 2, 0).contiguous().numpy()) for name in names]


def _held_out(name: str) -> bool:
    return zlib.crc32(name.encode()) % HELD_OUT == 1


def _resized(image: NDArray[Any], height: int, width: int) -> NDArray[Any]:
    """`image` (H, W, C) at another size: means where it shrinks."""
    way = cv2.INTER_AREA if height < image.shape[0] else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(np.ascontiguousarray(image), (width, height), interpolation=way))
