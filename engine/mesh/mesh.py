# SPDX-License-Identifier: GPL-3.0-or-later
"""The mesh that the methods deliver."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Mesh:
    """A mesh of quads with two sets of texture coordinates.

    Frame: X right, Z up, the front faces -Y; base on Z = 0, origin at the middle of the base (of the bounding box).

    vertices: (V, 3) float32, metres.
    faces: (F, 4) int32, counter-clockwise seen from outside.
    uv_virtual_texture, uv_picture: (F, 4, 2) float32, one for each face's corner, u right and v up; the virtual
        texture's identity map, and the picture's crop (`texture.png`), cover 0..1.
    """

    vertices: NDArray[np.float32]
    faces: NDArray[np.int32]
    uv_virtual_texture: NDArray[np.float32]
    uv_picture: NDArray[np.float32]
