# SPDX-License-Identifier: GPL-3.0-or-later
"""Random numbers for the rules that make objects."""

from __future__ import annotations

import math

import torch
from torch import Tensor


class RandomNumbers:
    """Random numbers from one generator, in the shapes that the rules need."""

    def __init__(self, generator: torch.Generator) -> None:
        self.generator = generator

    def uniform(self, low: float, high: float) -> float:
        """A number in [low, high)."""
        return low + (high - low) * float(torch.rand((), generator=self.generator))

    def uniforms(self, low: float, high: float, count: int) -> list[float]:
        """`count` independent numbers in [low, high)."""
        return [self.uniform(low, high) for _ in range(count)]

    def integer(self, low: int, high: int) -> int:
        """A whole number in [low, high]."""
        return int(torch.randint(low, high + 1, (), generator=self.generator))

    def chance(self, probability: float) -> bool:
        """True with the given probability."""
        return self.uniform(0, 1) < probability

    def normals(self, *shape: int) -> Tensor:
        """Standard normal numbers."""
        return torch.randn(shape, generator=self.generator)

    def direction(self) -> Tensor:
        """A unit vector (3,) drawn evenly from the sphere."""
        return torch.nn.functional.normalize(self.normals(3), dim=0)

    def rotation(self) -> Tensor:
        """A rotation (3, 3) drawn evenly from all rotations."""
        w, x, y, z = torch.nn.functional.normalize(self.normals(4), dim=0).tolist()
        return torch.tensor(
            [
                [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
                [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
                [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
            ]
        )


def turn(yaw: float, pitch: float, roll: float = 0.0) -> Tensor:
    """Rotation (3, 3): about y by `yaw`, then about x by `pitch`, then about z by `roll`, in radians."""

    def about(axis: int, angle: float) -> Tensor:
        c, s = math.cos(angle), math.sin(angle)
        i, j = [(1, 2), (2, 0), (0, 1)][axis]
        m = torch.eye(3)
        m[i, i], m[j, j], m[i, j], m[j, i] = c, c, -s, s
        return m

    return about(2, roll) @ about(0, pitch) @ about(1, yaw)
