# SPDX-License-Identifier: GPL-3.0-or-later
"""A fused volume is drawn out to the outlines of its views.

Where views disagree about a surface, their mean lies behind what some of them show, and at an outline it is missing
there: a view says how far its surface is, and another that farther out there is nothing. But each pixel of a mask has
seen the object somewhere along its ray.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from engine.field.grid import voxel_centres, voxel_size
from engine.field.hull import beyond_outline
from engine.field.render import along_rays
from engine.field.view import View
from engine.geometry.nearest import nearest_known
from engine.geometry.sampling import bilinear, nearest

MARGIN = 0.1
"""Pixels by which the centre of a pixel in the mask is inside at least."""
REACH = 2.0
"""Voxels along a ray over which a correction fades to 1 / e."""


def drawn_out(volume: Tensor, views: Sequence[View]) -> Tensor:
    """The signed distance `volume` (R, R, R), world units, lowered until the rays of the views' masks meet its inside.

    Where views contradict each other the earlier ones have the last word.
    """
    for view in reversed(views):
        volume = _drawn_out(volume, view)
    return volume


def _drawn_out(volume: Tensor, view: View) -> Tensor:
    """`volume` lowered for one view.

    Where the smallest distance along a ray is too large, the excess is taken off round the place where the ray has it.
    What other views drew out of the cone through this view's outline is cut off.
    """
    size = voxel_size(len(volume))
    excess, depth = _excess(volume, view)
    places, along = view.camera.project(voxel_centres(len(volume)).reshape(-1, 3))
    fading = torch.exp(-(((along - nearest(depth, places)) / (REACH * size)) ** 2))
    lowered = volume.flatten() - fading * bilinear(excess, places)
    return torch.maximum(lowered, beyond_outline(view, places, along)).reshape(volume.shape)


def _excess(volume: Tensor, view: View) -> tuple[Tensor, Tensor]:
    """By how much the smallest distance along each ray of the mask is too large, world units, and its depth; images
    (N, N), outside the mask as in its nearest pixel.

    A ray has to come as near to the middle as its pixel is to those beside the mask, half a voxel at the most: between
    a pixel in the mask and one beside it the outline is anywhere, and another view may know where.
    """
    size, mask = voxel_size(len(volume)), view.mask
    depths, values = along_rays(volume, view.camera, mask)
    smallest, where = values.min(0)
    depth = depths[where]
    inside = view.silhouette_distance[mask] + 0.5 - MARGIN
    wanted = (inside * depth / view.camera.focal_length).clamp(min=-size / 2)
    images = torch.zeros(2, *mask.shape)
    images[:, mask] = torch.stack([(smallest - wanted).clamp(min=0), depth])
    row, column = nearest_known(mask.numpy())
    excess, depth = images[:, row, column]
    return excess, depth
