# SPDX-License-Identifier: GPL-3.0-or-later
"""Random numbers for many objects at once, and random colours."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor


class Draws:
    """Numbers for `count` things from one generator, on its device: tensors (channels, count)."""

    def __init__(self, count: int, generator: torch.Generator) -> None:
        self.count, self.generator, self.device = count, generator, generator.device

    def of(self, count: int) -> Draws:
        """Draws from the same generator for another number of things."""
        return Draws(count, self.generator)

    def uniform(self, low: float, high: float, channels: int = 1) -> Tensor:
        """(channels, count) in [low, high)."""
        return low + (high - low) * torch.rand(channels, self.count, generator=self.generator, device=self.device)

    def scale(self, low: float, high: float, channels: int = 1) -> Tensor:
        """(channels, count) in [low, high), their logarithms uniform."""
        return self.uniform(math.log(low), math.log(high), channels).exp()

    def normal(self, channels: int) -> Tensor:
        """(channels, count) standard normal."""
        return torch.randn(channels, self.count, generator=self.generator, device=self.device)

    def chance(self, probability: float) -> Tensor:
        """(1, count) bool, true with the given probability."""
        return self.uniform(0, 1) < probability

    def choice(self, weights: Sequence[float]) -> Tensor:
        """(count,) int64 indices into `weights`, in proportion to them."""
        table = torch.tensor(weights, dtype=torch.float32, device=self.device)
        return torch.multinomial(table, self.count, replacement=True, generator=self.generator)

    def directions(self) -> Tensor:
        """(3, count) unit vectors drawn evenly from the sphere."""
        return torch.nn.functional.normalize(self.normal(3), dim=0)

    def rotations(self) -> Tensor:
        """(3, 3, count) rotations drawn evenly: the axes of the turned frame are the rows."""
        first, other = self.directions(), self.directions()
        second = torch.nn.functional.normalize(torch.linalg.cross(first, other, dim=0), dim=0)
        return torch.stack([first, second, torch.linalg.cross(first, second, dim=0)])

    def colours(self) -> Tensor:
        """(3, count) display colours in 0..1 as things have them: greys, browns and saturated ones."""
        warm, grey = self.chance(0.35), self.chance(0.3)
        hue = torch.where(warm, self.uniform(0.0, 0.15), self.uniform(0.0, 1.0))
        saturation = torch.where(grey, self.uniform(0.0, 0.12), self.uniform(0.2, 1.0))
        value = torch.where(self.chance(0.15), self.uniform(0.02, 0.2), self.uniform(0.1, 1.0).sqrt())
        return from_hsv(hue, saturation, value)


def from_hsv(hue: Tensor, saturation: Tensor, value: Tensor) -> Tensor:
    """Red, green, blue (3, count) of hue, saturation and value (1, count), all in 0..1."""
    offsets = torch.tensor([[0.0], [4.0], [2.0]], device=hue.device)
    pure = (((6 * hue + offsets) % 6 - 3).abs() - 1).clamp(0, 1)
    return value * (1 - saturation + saturation * pure)
