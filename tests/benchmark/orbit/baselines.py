# SPDX-License-Identifier: GPL-3.0-or-later
"""What a whole object must beat."""

from __future__ import annotations

import numpy as np
import torch

from engine.field.grid import RADIUS, voxel_centres
from engine.field.view import View
from engine.geometry.inflation import inflate
from engine.geometry.sampling import bilinear
from engine.geometry.triangles import Triangles
from engine.mesh.iso_surface import iso_surface
from engine.methods.pop3d.cameras import WINDOW

RESOLUTION = 128


def inflated(front: View) -> Triangles:
    """The outline of `front` blown up to both sides of the orbit's centre."""
    height = np.nan_to_num(inflate(front.mask.numpy()), nan=-0.02).astype(np.float32) * WINDOW
    places, depth = front.camera.project(voxel_centres(RESOLUTION).reshape(-1, 3))
    beyond = (depth - RADIUS).abs() - bilinear(torch.from_numpy(height), places)
    return iso_surface(beyond.reshape(RESOLUTION, RESOLUTION, RESOLUTION).numpy())
