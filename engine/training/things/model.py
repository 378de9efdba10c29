# SPDX-License-Identifier: GPL-3.0-or-later
"""What every reader of model files makes: triangles with texture coordinates and materials."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.training.things.textures import Texture

Floats = NDArray[np.float32]


class RejectedError(Exception):
    """A model that nothing is to be learned from; says why."""


@dataclass(frozen=True)
class Material:
    """How a part is coloured."""

    colour: tuple[float, float, float] = (0.6, 0.6, 0.6)
    """Display values, 0..1; the texture is multiplied by it."""
    texture: Texture | None = None

    @property
    def holes(self) -> bool:
        """Whether rays may pass through it."""
        return self.texture is not None and self.texture.holes


@dataclass(frozen=True)
class Model:
    """Triangles that share no corners, y up, any unit and place."""

    corners: Floats
    """(F, 3, 3)."""
    normals: Floats
    """(F, 3, 3) of the file; NaN where it gives none."""
    uv: Floats
    """(F, 3, 2) v upwards; NaN where the file gives none."""
    material: NDArray[np.int64]
    """(F,) into `materials`."""
    materials: tuple[Material, ...]


@dataclass(frozen=True)
class Piece:
    """Triangles of one material, as in `Model`."""

    corners: Floats
    normals: Floats
    uv: Floats
    material: Material


def joined(pieces: Sequence[Piece]) -> Model:
    """A model of `pieces`, without triangles that have no area or no place."""
    if not pieces:
        raise RejectedError("empty")
    corners, normals, uv = (
        np.concatenate([getattr(piece, name) for piece in pieces]).astype(np.float32)
        for name in ("corners", "normals", "uv")
    )
    material = np.repeat(np.arange(len(pieces)), [len(piece.corners) for piece in pieces])
    good = np.isfinite(corners).all((1, 2))
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    if not good.any():
        raise RejectedError("empty")
    good &= area > 1e-10 * np.ptp(corners[good].reshape(-1, 3), axis=0).max() ** 2
    return Model(corners[good], normals[good], uv[good], material[good], tuple(piece.material for piece in pieces))


@dataclass(frozen=True)
class Item:
    """A model that a source offers."""

    name: str
    """Unique in its source."""
    group: str
    """Models with the same are alike: all are learned from, or none."""
    load: Callable[[], Model]
    crease: float | None = 38.0
    """Degrees up to which edges are meant round; None: the file's own normals are good."""
