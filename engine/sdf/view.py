# SPDX-License-Identifier: GPL-3.0-or-later
"""A view of the object: its picture, and what is known of the surface in it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt
from torch import Tensor
from torch.nn import functional as F

from engine.camera import Camera


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


def signed_distance(mask: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Pixels (N, N) to the outline of `mask` (N, N): positive outside, negative inside."""
    # The distance transform is to the other side's nearest pixel centre; the outline is halfway.
    outside, inside = distance_transform_edt(~mask), distance_transform_edt(mask)
    distance: NDArray[np.float32] = np.where(mask, 0.5 - inside, outside - 0.5).astype(np.float32)
    return distance


def nearest(image: Tensor, places: Tensor) -> Tensor:
    """Values (..., C) or (...) of `image` (N, N, C) or (N, N) in the pixels at `places` (..., 2).

    Beyond the picture those at its border.
    """
    column, row = places.long().clamp(0, len(image) - 1).unbind(-1)
    return image[row, column]


def bilinear(image: Tensor, places: Tensor) -> Tensor:
    """Values (P, C) or (P,) of `image` (N, N, C) or (N, N) at `places` (P, 2), interpolated between pixels' centres.

    Beyond the picture those at its border.
    """
    channels = image[..., None] if image.dim() == 2 else image
    grid = (places * (2 / len(image)) - 1)[None, None]
    values = F.grid_sample(channels.permute(2, 0, 1)[None], grid, padding_mode="border", align_corners=False)
    return values[0, 0, 0] if image.dim() == 2 else values[0, :, 0].T
