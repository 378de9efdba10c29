# SPDX-License-Identifier: GPL-3.0-or-later
"""The triangle mesh over a mask's pixels that both directions of stage II share: depth to coordinates and back.

Each pixel centre is a vertex. A square of four foreground pixels carries the triangles of both its diagonals, each at
half weight, so that no direction is favoured (the paper leaves the diagonal open); a square of three carries the one
that is left. Pixels in no complete square are left out: threads that thin, and parts that touch in a single pixel,
could turn freely.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from engine.errors import StageError
from engine.geometry.parts import connected

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class GridMesh:
    """V vertices and T triangles over an N x N mask; lengths in half crops."""

    size: int
    """N, pixels across the crop."""
    pixels: Ints
    """(V,) flat index of each vertex' pixel, ascending."""
    triangles: Ints
    """(T, 3) vertices of each triangle, counter-clockwise in x right, y up."""

    @classmethod
    def from_mask(cls, mask: Mask) -> GridMesh:
        """The mesh over `mask` (N, N), row 0 on top. Raises StageError where the mask has no complete square."""
        size = mask.shape[0]
        index = np.arange(size * size).reshape(size, size)
        a, b, c, d = (corner.ravel() for corner in (index[:-1, :-1], index[:-1, 1:], index[1:, :-1], index[1:, 1:]))
        corners = np.concatenate([np.stack(t, 1) for t in ((a, c, b), (b, c, d), (a, c, d), (a, d, b))])
        complete = mask[:-1, :-1] & mask[:-1, 1:] & mask[1:, :-1] & mask[1:, 1:]
        solid = np.zeros_like(mask)
        for rows in (slice(None, -1), slice(1, None)):
            for columns in (slice(None, -1), slice(1, None)):
                solid[rows, columns] |= complete
        corners = corners[solid.ravel()[corners].all(1)]
        if not len(corners):
            raise StageError("object-thin")
        pixels, triangles = np.unique(corners, return_inverse=True)
        return cls(size, pixels, triangles.reshape(-1, 3))

    @property
    def spacing(self) -> float:
        """Distance of neighbouring pixels."""
        return 2 / self.size

    @property
    def used(self) -> Mask:
        """(N, N) whether a pixel is part of the mesh."""
        used = np.zeros(self.size**2, bool)
        used[self.pixels] = True
        return used.reshape(self.size, self.size)

    @cached_property
    def positions(self) -> Floats:
        """(V, 2) x right, y up."""
        row, column = np.divmod(self.pixels, self.size)
        return np.stack([(column + 0.5) * self.spacing - 1, 1 - (row + 0.5) * self.spacing], 1)

    @cached_property
    def gradient(self) -> tuple[sp.csr_array, sp.csr_array]:
        """d/dx and d/dy (T, V) of a function that is linear on each triangle."""
        p = self.positions[self.triangles]
        opposite = np.roll(p, -2, axis=1) - np.roll(p, -1, axis=1)
        doubled_area = self.spacing**2
        return self._operator(-opposite[..., 1] / doubled_area), self._operator(opposite[..., 0] / doubled_area)

    def _operator(self, values: Floats) -> sp.csr_array:
        count = len(self.triangles)
        start = np.arange(0, 3 * count + 1, 3)
        return sp.csr_array((values.ravel(), self.triangles.ravel(), start), shape=(count, len(self.pixels)))

    @cached_property
    def components(self) -> tuple[int, Ints]:
        """How many parts hang together by triangles, and the part (V,) of each vertex."""
        a, b = self.triangles.ravel(), np.roll(self.triangles, 1, axis=1).ravel()
        part = connected(np.stack([a, b], 1), len(self.pixels))
        return int(part.max()) + 1, part

    def at_vertices(self, values: Floats, weight: Floats | None = None) -> Floats:
        """Mean (V,) over the triangles round each vertex of `values` (T,), by `weight` (T,) where that is given."""
        weight = np.ones(len(values)) if weight is None else weight
        corners = self.triangles.ravel()
        total, weights = (
            np.bincount(corners, np.repeat(each, 3), len(self.pixels)) for each in (values * weight, weight)
        )
        return total / weights

    def read(self, image: NDArray[np.floating] | Mask) -> Floats:
        """Values (V, ...) of `image` (N, N, ...) at the vertices."""
        return image.reshape(self.size**2, *image.shape[2:])[self.pixels].astype(np.float64)

    def image(self, values: Floats) -> Floats:
        """`values` (V, ...) as an image (N, N, ...), NaN where there is no vertex."""
        image = np.full((self.size**2, *values.shape[1:]), np.nan)
        image[self.pixels] = values
        return image.reshape(self.size, self.size, *values.shape[1:])


def inner(mask: Mask) -> Mask:
    """(N, N) the pixels of `mask` whose four neighbours belong to it too."""
    around = np.pad(mask, 1)
    return mask & around[:-2, 1:-1] & around[2:, 1:-1] & around[1:-1, :-2] & around[1:-1, 2:]
