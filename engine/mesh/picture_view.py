# SPDX-License-Identifier: GPL-3.0-or-later
"""What the picture's own camera sees of the finished mesh: to be held against the picture."""

from __future__ import annotations

import numpy as np
import torch

from engine.geometry.camera import Camera
from engine.geometry.sampling import bilinear
from engine.geometry.triangles import Floats, RayCaster, Triangles
from engine.mesh.mesh import Mesh

SAMPLES = 4  # rays along a pixel's side
VIEW = 256  # pixels a side, enough to judge by


def seen_by(camera: Camera, surface: Triangles, uv: Floats, texture: Floats, samples: int = SAMPLES) -> Floats:
    """What `camera` sees (N, N, 4) of `surface` with `uv` (F, 3, 2) in `texture` (T, T, 3): sRGB and straight alpha."""
    fine = camera.resized(camera.size * samples)
    directions = fine.rays().numpy().reshape(-1, 3)
    origins = np.broadcast_to(fine.eye.numpy(), directions.shape)
    return _seen(RayCaster(surface), origins, directions, uv, texture, samples)


def seen_in_crop(mesh: Mesh, texture: Floats, size: int, samples: int = SAMPLES) -> Floats:
    """Likewise (size, size, 4) in the crop of a mesh whose `uv_picture` are places in the crop, seen in parallel."""
    uv = mesh.uv_picture.reshape(-1, 2)[mesh.triangles]
    depth = mesh.vertices[mesh.faces.ravel()[mesh.triangles], 1]
    corners = np.dstack([uv[..., 0], depth, uv[..., 1]]).reshape(-1, 3).astype(np.float32)
    across = (np.arange(size * samples, dtype=np.float32) + 0.5) / (size * samples)
    z, x = np.meshgrid(1 - across, across, indexing="ij")
    origins = np.stack([x.ravel(), np.full(x.size, depth.min() - 1, np.float32), z.ravel()], 1)
    directions = np.broadcast_to(np.array([0, 1, 0], np.float32), origins.shape)
    caster = RayCaster(Triangles(corners, np.arange(len(corners)).reshape(-1, 3)))
    return _seen(caster, origins, directions, uv, texture, samples)


def _seen(caster: RayCaster, origins: Floats, directions: Floats, uv: Floats, texture: Floats, samples: int) -> Floats:
    hit, weights = caster.first_hits(origins, directions)
    met = hit >= 0
    at = np.einsum("pk,pkc->pc", weights[met], uv[hit[met]])
    places = torch.from_numpy((np.stack([at[:, 0], 1 - at[:, 1]], 1) * len(texture)).astype(np.float32))
    rays = np.zeros((len(hit), 4), np.float32)
    rays[met, :3] = bilinear(torch.from_numpy(texture), places).numpy()
    rays[met, 3] = 1
    size = int(len(hit) ** 0.5) // samples
    mean: Floats = rays.reshape(size, samples, size, samples, 4).mean((1, 3))
    mean[..., :3] /= np.maximum(mean[..., 3:], 1e-6)
    return mean
