# SPDX-License-Identifier: GPL-3.0-or-later
"""Backgrounds to lay cut-out pictures on: plain, graded and busy ones, the same each time."""

from __future__ import annotations

import colorsys

import cv2
import numpy as np
from numpy.typing import NDArray

KINDS = ("plain", "graded", "busy")
VARIANTS = 4  # of each kind

Floats = NDArray[np.float32]


def background(kind: str, variant: int, height: int, width: int) -> Floats:
    """Background number `variant` of `kind`: (height, width, 3) float32 sRGB 0..1."""
    random = np.random.default_rng([KINDS.index(kind), variant])
    if kind == "plain":
        return np.broadcast_to(_colour(random), (height, width, 3)).astype(np.float32)
    y, x = np.mgrid[:height, :width] / max(height, width)
    return _graded(random, variant, x, y) if kind == "graded" else _busy(random, variant, x, y)


def lay(rgb: Floats, alpha: Floats, ground: Floats) -> Floats:
    """A straight picture (H, W, 3) with `alpha` (H, W) on `ground`, with a little of a camera's noise."""
    mixed = rgb * alpha[..., None] + ground * (1 - alpha[..., None])
    noise = np.random.default_rng(0).normal(0, 1 / 255, mixed.shape)
    return np.clip(mixed + noise, 0, 1).astype(np.float32)


def _graded(random: np.random.Generator, variant: int, x: NDArray[np.float64], y: NDArray[np.float64]) -> Floats:
    """From one colour to another: along a line, or with a bright middle as of a lamp."""
    first, second = _colour(random), _colour(random)
    turn = random.uniform(0, 2 * np.pi)
    along = np.cos(turn) * x + np.sin(turn) * y if variant % 2 == 0 else np.hypot(x - random.random(), y - 0.3)
    share = (along - along.min()) / np.ptp(along)
    return (first + (second - first) * share[..., None]).astype(np.float32)


def _busy(random: np.random.Generator, variant: int, x: NDArray[np.float64], y: NDArray[np.float64]) -> Floats:
    """Checker, coloured clouds, patches with hard edges, or stripes that bend; with a grain."""
    colours = np.stack([_colour(random) for _ in range(6)])
    bend = _noise(random, x.shape, 4)
    match variant % 4:
        case 0:
            turned = np.stack([x + 0.5 * y, y - 0.5 * x]) * 9
            image = colours[np.floor(turned).astype(int).sum(0) % 2]
        case 1:
            share = np.clip(np.stack([_noise(random, x.shape, cells) for cells in (3, 6, 12)]).sum(0) * 0.6 + 0.5, 0, 1)
            image = colours[0] + (colours[1] - colours[0]) * share[..., None]
        case 2:
            seeds = random.random((60, 2))
            nearest = np.argmin((x[..., None] - seeds[:, 0]) ** 2 + (y[..., None] - seeds[:, 1]) ** 2, axis=-1)
            image = colours[nearest % len(colours)]
        case _:
            image = colours[np.floor(14 * x + 2 * bend).astype(int) % 3]
    grain = 0.5 * _noise(random, x.shape, 40) + 0.5 * _noise(random, x.shape, 90)
    return np.clip(image + 0.12 * grain[..., None], 0, 1).astype(np.float32)


def _noise(random: np.random.Generator, shape: tuple[int, ...], cells: int) -> NDArray[np.float64]:
    """Smooth noise of deviation about 1 with `cells` waves across."""
    coarse = random.normal(size=(cells + 2, cells + 2))
    return np.asarray(cv2.resize(coarse, shape[::-1], interpolation=cv2.INTER_CUBIC), np.float64)


def _colour(random: np.random.Generator) -> NDArray[np.float64]:
    hue, saturation, value = random.random(), random.uniform(0, 0.7), random.uniform(0.15, 0.95)
    return np.array(colorsys.hsv_to_rgb(hue, saturation, value))
