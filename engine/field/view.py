# SPDX-License-Identifier: GPL-3.0-or-later
"""A view of the object: its picture, and what is known of the surface in it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import torch
from torch import Tensor
from torch.nn import functional as F

from engine.geometry.camera import Camera
from engine.geometry.silhouette import signed_distance


@dataclass(frozen=True)
class View:
    """What one camera sees of the object. All tensors lie on one device; 0 outside the mask unless told."""

    camera: Camera
    color: Tensor
    """(N, N, 3) float32, 0..1, on white."""
    mask: Tensor
    """(N, N) bool, the object's pixels."""
    depth: Tensor
    """(N, N) float32 from the eye along the optical axis: in world units, or up to a scale and a shift before it was
    aligned with the other views."""
    normal: Tensor
    """(N, N, 3) float32, unit, world frame."""

    @cached_property
    def silhouette_distance(self) -> Tensor:
        """(N, N) float32, pixels to the silhouette: positive outside, negative inside."""
        return torch.from_numpy(signed_distance(self.mask.cpu().numpy())).to(self.mask.device)

    @cached_property
    def cosine(self) -> Tensor:
        """(N, N) float32, how much the surface faces the camera: 1 straight, 0 and less turned away."""
        return -(self.normal * F.normalize(self.camera.rays(), dim=-1)).sum(-1)

    def to(self, device: torch.device) -> View:
        """The view with its tensors on `device`."""
        tensors = (getattr(self, name).to(device) for name in ("color", "mask", "depth", "normal"))
        return View(self.camera.to(device), *tensors)

    def with_depth(self, depth: Tensor) -> View:
        """The view with another depth (N, N) inside the mask."""
        return replace(self, depth=torch.where(self.mask, depth, 0.0))
