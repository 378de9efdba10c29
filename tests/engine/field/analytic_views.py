# SPDX-License-Identifier: GPL-3.0-or-later
"""Views of spheres and planes, exact."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from engine.field.view import View
from engine.geometry.camera import Camera


def sphere_view(camera: Camera, radius: float = 0.7, centre: tuple[float, float, float] = (0, 0, 0)) -> View:
    """A sphere whose colour is its normal."""
    rays = camera.rays()
    middle = torch.tensor(centre, dtype=torch.float32)
    offset = camera.eye - middle
    a, b, c = (rays**2).sum(-1), (rays * offset).sum(-1), (offset**2).sum() - radius**2
    root = b**2 - a * c
    mask = root > 0
    depth = torch.where(mask, (-b - root.clamp(min=0).sqrt()) / a, 0)
    normal = F.normalize(camera.eye + depth[..., None] * rays - middle, dim=-1) * mask[..., None]
    return View(camera, on_white(normal / 2 + 0.5, mask), mask, depth, normal)


def square_view(camera: Camera, half: float, depth: float) -> View:
    """A square of half edge `half`, parallel to the picture plane at `depth`."""
    across = (camera.rays() @ camera.rotation)[..., :2] * depth
    mask = across.abs().amax(-1) < half
    normal = camera.rotation[:, 2].expand(camera.size, camera.size, 3) * mask[..., None]
    return View(camera, on_white(normal / 2 + 0.5, mask), mask, torch.where(mask, depth, 0.0), normal)


def on_white(color: Tensor, mask: Tensor) -> Tensor:
    return torch.where(mask[..., None], color, 1.0)
