# SPDX-License-Identifier: GPL-3.0-or-later
"""An observer that knows the sphere, and its picture."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from engine.field.view import View
from engine.geometry.camera import Camera
from engine.picture.picture import Picture, square_round
from tests.engine.field.analytic_views import sphere_view

RADIUS = 0.818
"""Seen from the orbit its outline is that of a framed picture."""


class SphereObserver:
    """Sees a sphere of RADIUS in every picture, too far away."""

    name = "sphere"

    def observe(self, color: Tensor, mask: Tensor, camera: Camera) -> View:
        view = sphere_view(camera, RADIUS)
        nearest = torch.where(view.mask, view.depth, view.depth.max())
        return replace(view, mask=mask, depth=torch.where(mask, nearest + 0.4, 0.0))


def disc_picture(width: int = 120, height: int = 100, radius: float = 30) -> Picture:
    """A red disc off the middle, on black."""
    y, x = np.mgrid[:height, :width] + 0.5
    mask = np.clip(radius + 0.5 - np.hypot(x - 70, y - 40), 0, 1).astype(np.float32)
    rgb = mask[..., None] * np.array([1, 0, 0], np.float32)
    return Picture(rgb, mask, square_round(mask), "file")
