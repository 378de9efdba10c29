# SPDX-License-Identifier: GPL-3.0-or-later
"""Charts for a closed mesh: texture coordinates without overlap."""

from __future__ import annotations

import numpy as np
import xatlas

from engine.mesh.triangles import Floats, Triangles

PADDING = 3
"""Texels between charts."""


def unwrap(mesh: Triangles, size: int) -> Floats:
    """Texture coordinates (F, 3, 2), 0..1, u right and v up, of the corners of `mesh`'s faces.

    Cut into charts that are nearly conformal and not mirrored, packed for a texture of `size` x `size` texels (xatlas).
    """
    atlas = xatlas.Atlas()
    atlas.add_mesh(mesh.vertices, mesh.faces.astype(np.uint32))
    pack = xatlas.PackOptions()
    pack.rotate_charts = False  # xatlas turns by swapping u and v, which mirrors
    pack.resolution, pack.padding, pack.bilinear = size, PADDING, True
    atlas.generate(xatlas.ChartOptions(), pack)
    _, faces, coordinates = atlas[0]
    shape = np.array([atlas.width, atlas.height], np.float32)  # about `size` each; xatlas has scaled both to 0..1
    return np.asarray(coordinates, np.float32)[faces] * (shape / shape.max())
