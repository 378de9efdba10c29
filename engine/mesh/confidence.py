# SPDX-License-Identifier: GPL-3.0-or-later
"""How sure the estimator is of the surface that it sees: for each pixel, and for each vertex of the result's mesh."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from engine.geometry.camera import Camera
from engine.geometry.nearest import nearest_known
from engine.geometry.sampling import bilinear
from engine.geometry.triangles import RayCaster
from engine.mesh.mesh import Mesh
from engine.picture.picture import Floats
from engine.surface.estimate import SurfaceEstimate

KNOWS_NOTHING = np.pi / 2
"""Radians: the mean angle between a normal and one drawn evenly over the sphere."""
OFFSET = 1e-3
"""Of the mesh's size: how far above the surface the ray starts that looks whether the camera sees a vertex."""


def confidence_of(estimate: SurfaceEstimate) -> Floats:
    """(N, N), NaN outside the object: 1 for a normal that is certain, falling with the angle by which it is expected to
    be wrong to 0 where nothing is known.
    """
    return np.clip(1 - estimate.uncertainty / KNOWS_NOTHING, 0, 1).astype(np.float32)


def at_projected_vertices(mesh: Mesh, confidence: Floats) -> Floats:
    """The `confidence` (N, N) over the crop at each vertex (V,) of a mesh whose `uv_picture` are places in the crop."""
    uv = np.empty((len(mesh.vertices), 2), np.float32)
    uv[mesh.faces.ravel()] = mesh.uv_picture.reshape(-1, 2)
    return _at(confidence, np.stack([uv[:, 0], 1 - uv[:, 1]], 1) * len(confidence))


def at_seen_vertices(mesh: Mesh, confidence: Floats, camera: Camera) -> Floats:
    """The `confidence` (N, N) in the picture of `camera` at each vertex (V,) of `mesh`; 0 where the camera doesn't see
    it: what is there was made up.
    """
    surface = mesh.surface
    towards = camera.eye.numpy() - mesh.vertices
    towards /= np.linalg.norm(towards, axis=1, keepdims=True)
    facing = (surface.vertex_normals() * towards).sum(1) > 0
    start = mesh.vertices + OFFSET * np.ptp(mesh.vertices, axis=0).max() * (surface.vertex_normals() + towards)
    seen = facing & ~RayCaster(surface).blocked(start, towards)
    places, _ = camera.resized(len(confidence)).project(torch.from_numpy(mesh.vertices))
    return np.where(seen, _at(confidence, places.numpy()), 0).astype(np.float32)


def _at(image: Floats, places: NDArray[np.floating]) -> Floats:
    """`image` (N, N) at `places` (P, 2), column and row in pixels; where it is NaN, its nearest number."""
    filled = torch.from_numpy(image[nearest_known(~np.isnan(image))])
    return np.asarray(bilinear(filled, torch.from_numpy(places.astype(np.float32))), np.float32)
