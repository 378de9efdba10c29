# SPDX-License-Identifier: GPL-3.0-or-later
"""The mesh that the methods deliver."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.geometry.triangles import Triangles


@dataclass(frozen=True)
class Mesh:
    """A mesh of quads, or of triangles, with two sets of texture coordinates.

    Frame: X right, Z up, the front faces -Y; base on Z = 0, origin at the middle of the base (of the bounding box).

    vertices: (V, 3) float32, metres.
    faces: (F, 4) or (F, 3) int32, counter-clockwise seen from outside.
    uv_virtual_texture, uv_picture: (F, 4 or 3, 2) float32, one for each face's corner, u right and v up; the virtual
        texture's identity map, and `texture.png`, cover 0..1.
    """

    vertices: NDArray[np.float32]
    faces: NDArray[np.int32]
    uv_virtual_texture: NDArray[np.float32]
    uv_picture: NDArray[np.float32]

    @property
    def triangles(self) -> NDArray[np.int64]:
        """(T, 3) corners, numbered through all faces as they stand, of the triangles: two of each quad."""
        corners = self.faces.shape[1]
        fan = [[0, k, k + 1] for k in range(1, corners - 1)]
        return (np.arange(len(self.faces))[:, None, None] * corners + fan).reshape(-1, 3)

    @property
    def surface(self) -> Triangles:
        """The mesh as triangles, in the order of `triangles`."""
        return Triangles(self.vertices, self.faces.ravel()[self.triangles].astype(np.int64))
