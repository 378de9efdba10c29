# SPDX-License-Identifier: GPL-3.0-or-later
"""Random numbers for many objects at once, and random colours."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor


class Draws:
    """Numbers for `count` things from one generator, on its device: tensors (channels, count).

    With `repeat`, that many consecutive things share theirs.
    """

    def __init__(self, count: int, generator: torch.Generator, repeat: int = 1) -> None:
        self.count, self.generator, self.repeat = count, generator, repeat
        self.device = generator.device

    def of(self, count: int) -> Draws:
        """Draws from the same generator for another number of things."""
        return Draws(count, self.generator)

    def uniform(self, low: float, high: float, channels: int = 1) -> Tensor:
        """(channels, count) in [low, high)."""
        shape = (channels, self.count // self.repeat)
        numbers = torch.rand(shape, generator=self.generator, device=self.device)
        return low + (high - low) * numbers.repeat_interleave(self.repeat, 1)

    def scale(self, low: float, high: float, channels: int = 1) -> Tensor:
        """(channels, count) in [low, high), their logarithms uniform."""
        return self.uniform(math.log(low), math.log(high), channels).exp()

    def normal(self, channels: int) -> Tensor:
        """(channels, count) standard normal."""
        shape = (channels, self.count // self.repeat)
        return torch.randn(shape, generator=self.generator, device=self.device).repeat_interleave(self.repeat, 1)

    def chance(self, probability: float) -> Tensor:
        """(1, count) bool, true with the given probability."""
        return self.uniform(0, 1) < probability

    def choice(self, weights: Sequence[float]) -> Tensor:
        """(count,) int64 indices into `weights`, in proportion to them."""
        table = torch.tensor(weights, dtype=torch.float32, device=self.device)
        drawn = torch.multinomial(table, self.count // self.repeat, replacement=True, generator=self.generator)
        return drawn.repeat_interleave(self.repeat)

    def directions(self) -> Tensor:
        """(3, count) unit vectors drawn evenly from the sphere."""
        return unit(self.normal(3))

    def rotations(self) -> Tensor:
        """(3, 3, count) rotations drawn evenly: the axes of the turned frame are the rows."""
        first, other = self.directions(), self.directions()
        second = unit(torch.linalg.cross(first, other, dim=0))
        return torch.stack([first, second, torch.linalg.cross(first, second, dim=0)])

    def colours(self) -> Tensor:
        """(3, count) display colours in 0..1 as things have them: greys, browns and saturated ones."""
        warm, grey = self.chance(0.35), self.chance(0.22)
        hue = torch.where(warm, self.uniform(0.0, 0.15), self.uniform(0.0, 1.0))
        saturation = torch.where(grey, self.uniform(0.0, 0.12), self.uniform(0.2, 1.0))
        value = torch.where(self.chance(0.15), self.uniform(0.02, 0.2), self.uniform(0.1, 1.0).sqrt())
        return from_hsv(hue, saturation, value)


def unit(vectors: Tensor) -> Tensor:
    """Vectors (3, ...) at unit length. (torch's norm over a short outer axis takes ten times as long.)"""
    return vectors * (vectors * vectors).sum(0).clamp_min(1e-12).rsqrt()


def from_hsv(hue: Tensor, saturation: Tensor, value: Tensor) -> Tensor:
    """Red, green, blue (3, count) of hue, saturation and value (1, count), all in 0..1."""
    offsets = torch.tensor([[0.0], [4.0], [2.0]], device=hue.device)
    pure = (((6 * hue + offsets) % 6 - 3).abs() - 1).clamp(0, 1)
    return value * (1 - saturation + saturation * pure)
