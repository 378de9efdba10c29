# SPDX-License-Identifier: GPL-3.0-or-later
"""The visual hull: all that lies in every cone through a view's outline; the object is in there somewhere.

An estimated depth knows little of how far apart things are. A chair's leg that is seen too far behind would vote for
empty space where the leg stands, and carve it away. But outlines together tell where along its ray a pixel can have
seen something, and only there.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import torch
from torch import Tensor

from engine.field.grid import voxel_centres, voxel_size
from engine.field.render import along_rays
from engine.field.view import View
from engine.geometry.sampling import bilinear

SLACK = 0.5
"""Voxels farther outside of the hull than it has to be that a place on a ray still counts as inside."""
DENIED = 0.5
"""Voxels by which a ray passes the hull where other views deny what it shows; outlines aren't exact to the pixel."""


def beyond_outline(view: View, places: Tensor, depth: Tensor) -> Tensor:
    """World units (P,) from points at `places` (P, 2; pixels) and `depth` (P,) in `view` to the cone through its
    outline, negative inside.
    """
    return bilinear(view.silhouette_distance, places) * depth / view.camera.focal_length


def visual_hull(views: Sequence[View], resolution: int) -> Tensor:
    """How far each voxel's centre is outside of the hull of the `views`, at least; negative inside: (R, R, R; z, y, x),
    world units.
    """
    centres = voxel_centres(resolution)
    outside = (beyond_outline(view, *view.camera.project(centres.reshape(-1, 3))) for view in views)
    return reduce(torch.maximum, outside).reshape(centres.shape[:3])


def confined(views: Sequence[View], resolution: int) -> list[View]:
    """The `views`, whose depths are in world units, with those depths that are outside of their hull moved along their
    rays to the nearest place where these enter it, in steps of a voxel of `resolution` along an edge. What a view shows
    and others deny, so that its ray passes the hull, stays where it is.
    """
    hull = visual_hull(views, resolution)
    return [view.with_depth(_depth_within(hull, view)) for view in views]


def _depth_within(hull: Tensor, view: View) -> Tensor:
    """The depth (N, N) of `view`, moved into the `hull` (R, R, R)."""
    size, mask = voxel_size(len(hull)), view.mask
    tried, outside = along_rays(hull, view.camera, mask)
    passed = outside.amin(0).clamp(min=0)
    inside = outside <= passed + SLACK * size
    entered = inside & ~inside.roll(1, 0)
    entered[0] = False  # open towards the camera the hull has no front
    shift = tried[:, None] - view.depth[mask]
    missed = torch.where(inside, shift.abs(), torch.inf).amin(0)
    nearest = torch.where(entered, shift.abs(), torch.inf).argmin(0, keepdim=True)
    moves = (missed > size) & (passed <= DENIED * size) & entered.any(0)
    depth = view.depth.clone()
    depth[mask] += torch.where(moves, shift.gather(0, nearest)[0], 0.0)
    return depth
