# SPDX-License-Identifier: GPL-3.0-or-later
"""A thing: solids put together, each of which may have a colour of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.training import signed_distance as sd
from engine.training.signed_distance import Field

MAX_PARTS = 16


@dataclass(frozen=True)
class Thing:
    """Parts melted into each other over the width `blend` (0: sharp creases)."""

    parts: tuple[Field, ...]
    blend: float = 0.0

    def field(self, points: Tensor) -> Tensor:
        """Signed distance (P,) of the union of the parts."""
        return sd.union(self.parts, self.blend)(points)

    def part(self, points: Tensor) -> Tensor:
        """Number (P,) of the part that each point lies nearest to, below MAX_PARTS."""
        return torch.stack([part(points) for part in self.parts]).argmin(0) % MAX_PARTS

    def changed(self, change: Callable[[Field], Field]) -> Thing:
        """The thing with every part changed in the same way (placed, bent, ...)."""
        return Thing(tuple(change(part) for part in self.parts), self.blend)


def together(things: Sequence[Thing]) -> Thing:
    """Several things as one, each with its own blend lost where they meet."""
    return Thing(tuple(_whole(thing) for thing in things)) if len(things) > 1 else things[0]


def _whole(thing: Thing) -> Field:
    return thing.field


def single(field: Field) -> Thing:
    """A thing of one part."""
    return Thing((field,))
