# SPDX-License-Identifier: GPL-3.0-or-later
"""What has to be painted in a new view: what may be object there and no earlier view has seen (POP3D, section 4).

Two answers to what has been seen. `sightings` asks the current surface which points the new view shows, and the
earlier depth maps whether they saw them. `seen_by_warping` is the paper's: the earlier pixels themselves are moved to
the new view, 8 times as fine so that they leave no gaps.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import binary_closing, binary_opening, gaussian_filter
from torch import Tensor
from torch.nn import functional as F

from engine.field.view import View
from engine.geometry.camera import Camera
from engine.geometry.parts import labelled_parts
from engine.geometry.sampling import nearest
from engine.geometry.triangles import RayCaster

TOLERANCE = 0.03
"""World units by which two depths of one point may differ."""
MIN_COSINE = 0.2
"""A surface turned farther away has not really been seen."""
OVERSAMPLING = 8
CROSS = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], bool)
SQUARE = np.ones((3, 3), bool)
SPIKE = 16
"""Pixels."""
SMOOTH = 1 / 128
"""Share of the picture's side over which an outline is smooth."""
CRUMB = 0.01
"""Share of the mask: a smaller part by itself isn't the object's."""


def outpainting_mask(hull: NDArray[np.bool_], seen: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The pixels (N, N) of `hull` that are not `seen`, without seams a pixel wide and seen specks as small.

    A seam between seen parts is not worth painting, a lone seen speck amid unseen pixels is an accident.
    """
    return binary_closing(binary_opening(hull & ~seen, CROSS), CROSS) & hull


def without_spikes(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """`mask` (N, N) without specks and spikes: small parts into which a square of 3 x 3 pixels doesn't fit.

    Larger ones stay, however thin they are.
    """
    thin = labelled_parts(mask & ~binary_opening(mask, SQUARE))
    small = np.bincount(thin.ravel()) < SPIKE
    return mask & ((thin == 0) | ~small[thin])


def with_smooth_outline(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """`mask` (N, N) without teeth and holes of a few pixels, and without crumbs; a bar thinner than 4/3 of SMOOTH is
    lost too.
    """
    smooth = gaussian_filter(mask.astype(np.float32), SMOOTH * len(mask)) > 0.5
    parts = labelled_parts(smooth, connectivity=4)
    return smooth & (np.bincount(parts.ravel()) >= CRUMB * smooth.sum())[parts]


def sightings(
    views: Sequence[View], surface: RayCaster, camera: Camera
) -> tuple[NDArray[np.bool_], NDArray[np.float32], list[tuple[Tensor, Tensor]]]:
    """Which pixels (N, N) of `camera` show `surface`, its depth (N, N), and for each of `views` where it has the
    points that those pixels show: places (P, 2) in its picture, and cosines (P,) at which it saw them, 0 where not.
    """
    _, depth = surface.view(camera)
    shown = np.isfinite(depth)
    chosen = torch.from_numpy(shown)
    points = camera.eye + torch.from_numpy(depth)[chosen][:, None] * camera.rays()[chosen]
    found = []
    for view in views:
        places, distance = view.camera.project(points)
        towards = F.normalize(view.camera.eye - points, dim=1)
        cosine = (nearest(view.normal, places) * towards).sum(1)
        near = (nearest(view.depth, places) - distance).abs() < TOLERANCE
        saw = nearest(view.mask, places) & near & (cosine > MIN_COSINE)
        found.append((places, torch.where(saw, cosine, 0.0)))
    return shown, depth, found


def seen_by_warping(views: Sequence[View], surface: RayCaster, camera: Camera) -> NDArray[np.bool_]:
    """Pixels (N, N) of `camera` on which a point seen by one of `views` (depth in world units) falls.

    Points whose normal faces away from `camera` are culled, and those hidden behind `surface` by its z-buffer.
    """
    z_buffer = torch.from_numpy(surface.view(camera)[1])
    seen = torch.zeros_like(z_buffer, dtype=torch.bool)
    for view in views:
        points, normals = _lifted(view)
        facing = (normals * (camera.eye - points)).sum(1) > 0
        places, depth = camera.project(points[facing])
        inside = ((places >= 0) & (places < camera.size)).all(1)
        places, depth = places[inside], depth[inside]
        visible = depth < nearest(z_buffer, places) + TOLERANCE
        column, row = places[visible].long().unbind(1)
        seen[row, column] = True
    return seen.numpy()


def _lifted(view: View) -> tuple[Tensor, Tensor]:
    """World points (P, 3) and normals (P, 3) of the view's pixels, each split into OVERSAMPLING squared.

    Depth is interpolated between pixels, but not across jumps of more than TOLERANCE.
    """
    fine = view.camera.resized(view.camera.size * OVERSAMPLING)

    def blocks(image: Tensor) -> Tensor:
        return image.repeat_interleave(OVERSAMPLING, 0).repeat_interleave(OVERSAMPLING, 1)

    mask = blocks(view.mask)
    flat = blocks(view.depth)[mask]
    size = (fine.size, fine.size)
    smooth = F.interpolate(view.depth[None, None], size=size, mode="bilinear", align_corners=False)[0, 0][mask]
    depth = torch.where((smooth - flat).abs() < TOLERANCE, smooth, flat)
    return view.camera.eye + depth[:, None] * fine.rays()[mask], blocks(view.normal)[mask]
