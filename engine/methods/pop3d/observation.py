# SPDX-License-Identifier: GPL-3.0-or-later
"""From a view's picture to its surface: depth and normals as an estimator sees them (POP3D, section 4)."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.field.grid import RADIUS
from engine.field.view import View
from engine.geometry.camera import Camera
from engine.geometry.nearest import nearest_known
from engine.surface.estimate import SurfaceEstimate
from engine.surface.estimator import Estimator
from engine.surface.relief import relief


class Observer(Protocol):
    """What sees the surface in a picture."""

    name: str

    def observe(self, color: Tensor, mask: Tensor, camera: Camera) -> View:
        """The view of `camera` that shows `color` (N, N, 3) on white and the object at `mask` (N, N) bool, with its
        normals, and its depth up to scale and shift. Raises StageError where the mask is too thin for a surface.
        """


class EstimatingObserver:
    """An estimator as an observer. Its depths are in world units but for a shift."""

    def __init__(self, estimator: Estimator) -> None:
        self.estimator = estimator
        self.name = estimator.name

    def observe(self, color: Tensor, mask: Tensor, camera: Camera) -> View:
        """See `Observer`."""
        return lifted(self.estimator.surface(color.numpy(), mask.numpy()), color, camera)


class SeenObserver:
    """An observer of one picture, whose surface is known."""

    def __init__(self, estimate: SurfaceEstimate, name: str) -> None:
        self.estimate, self.name = estimate, name

    def observe(self, color: Tensor, mask: Tensor, camera: Camera) -> View:
        """See `Observer`."""
        return lifted(self.estimate, color, camera)


def lifted(estimate: SurfaceEstimate, color: Tensor, camera: Camera) -> View:
    """The view of `camera` that shows `color` (N, N, 3) and the surface of `estimate`, its depth in world units but
    for a shift.
    """
    mask = torch.from_numpy(estimate.mask)
    perspective = camera.size / 2 / camera.focal_length
    rays = (camera.rays() @ camera.rotation).numpy()
    # With z = -log(depth / RADIUS) / perspective the surface's slopes are dz/dx = n_x / (n . ray), likewise for y:
    # those of an orthographic relief whose normals have -(n . ray) as their z.
    facing = -(estimate.normal * rays).sum(-1, keepdims=True)
    flat = replace(
        estimate,
        depth=(-np.log(1 - perspective * estimate.depth.clip(-1, 1)) / perspective).astype(np.float32),
        normal=np.concatenate([estimate.normal[..., :2], facing], -1),
    )
    depth = RADIUS * np.exp(-perspective * _filled(relief(flat), estimate.mask))
    normal = torch.from_numpy(estimate.normal.astype(np.float32)) @ camera.rotation.T
    return View(
        camera,
        torch.where(mask[..., None], color, 1.0),
        mask,
        torch.where(mask, torch.from_numpy(depth.astype(np.float32)), 0.0),
        torch.where(mask[..., None], normal, 0.0),
    )


def _filled(image: NDArray[np.floating], mask: NDArray[np.bool_]) -> NDArray[np.floating]:
    """`image` (N, N) with the nearest value where it is NaN; 0 outside the `mask`."""
    return np.where(mask, image[nearest_known(np.isfinite(image))], 0.0)
