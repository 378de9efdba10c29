# SPDX-License-Identifier: GPL-3.0-or-later
"""Meshes of which one knows how they can be laid out."""

from __future__ import annotations

import torch
from trimesh import Trimesh

from engine.field.grid import voxel_centres
from engine.geometry.triangles import Triangles
from engine.mesh.iso_surface import iso_surface


def shape(name: str) -> Triangles:
    """A sphere, a torus whose hole the front shows, a slab, or a mug with its handle half to the front."""
    x, y, z = voxel_centres(48).unbind(-1)
    handle, aside = 0.5 * x - 0.866 * y, 0.866 * x + 0.5 * y
    distance = {
        "sphere": x.hypot(y).hypot(z) - 0.7,
        "torus": (x.hypot(z) - 0.55).hypot(y) - 0.25,
        "slab": torch.stack([x.abs() - 0.8, y.abs() - 0.15, z.abs() - 0.4]).amax(0),
        "mug": torch.minimum(
            torch.maximum(x.hypot(y) - 0.4, z.abs() - 0.6), ((handle - 0.45).hypot(z) - 0.35).hypot(aside) - 0.1
        ),
    }[name]
    return iso_surface(distance.numpy())


def signed_volume(mesh: Triangles) -> float:
    """Volume inside the closed `mesh`, negative where its faces look inwards."""
    return float(Trimesh(mesh.vertices, mesh.faces, process=False).volume)
