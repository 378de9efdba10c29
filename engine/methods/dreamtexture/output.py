# SPDX-License-Identifier: GPL-3.0-or-later
"""What either pipeline hands over: the visible surface with its texture coordinates, as images and as a mesh."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.geometry.grid_mesh import GridMesh
from engine.geometry.normals import normals
from engine.mesh.budget import within_budget
from engine.mesh.confidence import confidence_of
from engine.mesh.front import drape_mesh
from engine.mesh.mesh import Mesh
from engine.mesh.normal_map import baked_normals
from engine.mesh.unfold import unfolded
from engine.methods.dreamtexture.descriptor import DreamTexture
from engine.methods.dreamtexture.fine import MeshSurface
from engine.methods.dreamtexture.quality import assess
from engine.surface.estimate import SurfaceEstimate

Floats = NDArray[np.float32]


@dataclass
class DreamTextureOutput:
    """The visible surface; images (N, N, ...) over the crop, row 0 on top."""

    coordinates: Floats
    """(N, N, 2) aligned texture coordinates in half crops, u right, v up; the identity is the pixel's own (x, y)."""
    depth: Floats
    """(N, N) towards the camera in half crops, NaN outside the object."""
    normal: Floats
    """(N, N, 3) unit normals: x right, y up, z towards the camera; NaN outside."""
    mask: Floats
    """(N, N) the object's coverage of each pixel, 0..1."""
    confidence: Floats
    """(N, N) as `confidence_of` defines it."""
    mesh: Mesh
    """The surface in the scene's frame."""
    normal_map: Floats | None
    """(T, T, 3) 0..1, row 0 on top, as `baked_normals` makes it, for `uv_picture`; None where it isn't wanted."""
    quality: dict[str, Any]
    """Figures and the verdict, as `quality.assess` defines them, and `sds_steps`."""


def surface_output(
    coordinates: NDArray[np.floating],
    depth: NDArray[np.floating],
    coverage: Floats,
    seen: SurfaceEstimate,
    fine: MeshSurface,
    settings: DreamTexture,
    *,
    sds_steps: int,
) -> DreamTextureOutput:
    """The output for `coordinates` (N, N, 2) on `depth` (N, N) of an object with `coverage` (N, N).

    seen: what the estimator says of it. fine: what the mesh is made from. sds_steps: steps of score distillation that
    led to it. The coordinates' folds are taken out, but their verdict is on them as they came.
    """
    inside = np.isfinite(depth)
    found = assess(coordinates, depth, inside)
    grid = GridMesh.from_mask(inside)
    flat = unfolded(grid.read(coordinates), grid.positions, grid.triangles)
    coordinates = np.where(grid.used[..., None], grid.image(flat), coordinates)
    quality = {**assess(coordinates, depth, inside), "verdict": found["verdict"], "mended_folds": found["foldovers"]}
    dense = drape_mesh(fine.depth, fine.continued(coordinates), fine.coverage, size=settings.size)
    mesh = within_budget(dense, settings.faces) if settings.faces else dense
    normal_map = None
    if settings.normal_map:
        places = mesh.uv_picture.reshape(-1, 2)[mesh.triangles]
        normal_map = baked_normals(mesh.surface, places, dense.surface, settings.normal_map)
    return DreamTextureOutput(
        coordinates=coordinates.astype(np.float32),
        depth=depth.astype(np.float32),
        normal=normals(depth, inside).astype(np.float32),
        mask=coverage,
        confidence=confidence_of(seen),
        mesh=mesh,
        normal_map=normal_map,
        quality={**quality, "sds_steps": sds_steps},
    )
