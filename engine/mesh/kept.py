# SPDX-License-Identifier: GPL-3.0-or-later
"""How much of the object a mesh shows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.geometry.triangles import RayCaster, Triangles
from engine.mesh.mesh import Mesh


def share_kept(mesh: Mesh, coverage: NDArray[np.floating]) -> float:
    """The share of the pixels at least half covered by the object, `coverage` (N, N), whose centres lie in `mesh`; its
    `uv_picture` are places in the crop.
    """
    corners = mesh.uv_picture.reshape(-1, 2)
    flat = Triangles(np.pad(corners, ((0, 0), (0, 1))).astype(np.float32), mesh.triangles)
    size = len(coverage)
    row, column = np.nonzero(coverage >= 0.5)
    origins = np.stack([(column + 0.5) / size, 1 - (row + 0.5) / size, np.ones(len(row))], 1).astype(np.float32)
    down = np.broadcast_to(np.array([0, 0, -1], np.float32), origins.shape)
    return float(RayCaster(flat).blocked(origins, down).mean())
