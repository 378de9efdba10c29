# SPDX-License-Identifier: GPL-3.0-or-later
"""The guest's work."""

from __future__ import annotations

import numpy as np
import torch

from engine.contract.messages import Message
from engine.geometry.image_map import identity_map
from engine.geometry.inflation import inflate
from engine.geometry.normals import normals
from engine.mesh.confidence import at_projected_vertices
from engine.mesh.front import drape_mesh
from engine.mesh.picture_view import seen_in_crop
from engine.methods.interface import Reconstruction, Task

BLOWING_UP = Message("blowing-up", english="Blowing up")


def run(task: Task) -> Reconstruction:
    """The inflated outline, its texture not aligned with anything."""
    settings, picture = task.settings, task.picture
    task.begin("none")
    task.progress.plan([(BLOWING_UP, 1.0)])
    task.progress.step(BLOWING_UP, 0, 1)
    _, coverage = picture.square(settings.resolution)
    depth = settings.pressure * inflate(coverage > 0.5)
    inside = np.isfinite(depth)
    flat = identity_map(settings.resolution, torch.zeros(1, dtype=torch.float64))[0].permute(1, 2, 0).numpy()
    confidence = np.where(inside, np.float32(0.5), np.float32(np.nan))
    mesh = drape_mesh(depth, flat, coverage, size=1.0)
    texture = picture.texture(64)
    return Reconstruction(
        crop=picture.crop,
        depth=depth.astype(np.float32),
        normal=normals(depth, inside).astype(np.float32),
        mask=coverage,
        confidence=confidence,
        texture=texture,
        mesh=mesh,
        vertex_confidence=at_projected_vertices(mesh, confidence),
        picture_view=seen_in_crop(mesh, texture, 64),
        quality={"verdict": "good"},
        models={"guidance": "none", "estimator": "none"},
    )
