# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known of a new view before it is painted: what the current surface shows of earlier views."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from scipy.ndimage import binary_dilation
from torch import Tensor

from engine.field.view import View
from engine.geometry.camera import Camera
from engine.geometry.nearest import nearest_known
from engine.geometry.sampling import bilinear
from engine.geometry.triangles import RayCaster
from engine.mesh.bake import extended
from engine.methods.pop3d.cameras import Place
from engine.methods.pop3d.depth_meshes import farthest_depth
from engine.methods.pop3d.outpainting_mask import outpainting_mask, seen_by_warping, sightings, without_spikes
from engine.methods.pop3d.visual_hull import carving_votes, hull_depths

RIM = 2
"""Pixels: what is too thin to be painted belongs to the seen part that it touches."""


@dataclass(frozen=True)
class NewView:
    """A view that is to be painted, its images (N, N, ...)."""

    place: Place
    camera: Camera
    earlier: Sequence[View]
    """The views before it, the input view first; depths in world units."""
    render: Callable[[], Tensor]
    """What the field shows in the view, (N, N, 3) on white; rendered when it is asked for."""
    hole: Tensor
    """Bool: what has to be painted, as object or not."""
    known: Tensor
    """Bool: what is object and has been seen, outside the hole."""
    inside: Tensor
    """Bool: what is object for sure, in the hole too."""
    color: Tensor
    """(N, N, 3) 0..1 where known, white elsewhere."""
    depth: Tensor
    """World units where known, 0 elsewhere."""
    nearest: Tensor
    """World units that the depth has at least, 0 where nothing is known of it."""
    farthest: Tensor
    """World units that the depth can have at the most, infinite where nothing is known of it."""


def new_view(
    place: Place,
    camera: Camera,
    earlier: Sequence[View],
    surface: RayCaster,
    render: Callable[[], Tensor],
    *,
    warped: bool = False,
) -> NewView:
    """What `earlier` views and the current `surface` tell of the view of `camera`; `render` is handed on.

    Colours are the means of the views that saw the point, weighted by the squared cosine; the rims that none saw well
    and that are too thin to be painted have those of their neighbours. `warped`: what was seen is told by the earlier
    pixels themselves, as in the paper.
    """
    depth, colored, color = _seen_colors(earlier, surface, camera)
    seen = seen_by_warping(earlier, surface, camera) & np.isfinite(depth) if warped else colored
    limit = farthest_depth(earlier, camera)
    seen, inside = without_spikes(seen), without_spikes(np.isfinite(limit))
    enters, leaves = hull_depths(carving_votes(earlier), camera)
    hull = np.isfinite(enters) | seen | inside
    hole = outpainting_mask(hull, seen)
    seen &= ~hole
    known = seen | (binary_dilation(seen, iterations=RIM) & np.isfinite(depth) & ~hole)
    images = (
        hole,
        known,
        inside & (hole | known),
        np.where(known[..., None], color[nearest_known(seen & colored)], 1).astype(np.float32),
        np.where(known, depth, 0).astype(np.float32),
        np.where(np.isfinite(enters), np.minimum(enters, limit), 0).astype(np.float32),
        np.minimum(limit, leaves),
    )
    return NewView(place, camera, earlier, render, *map(torch.from_numpy, images))


def _seen_colors(
    views: Sequence[View], surface: RayCaster, camera: Camera
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of `surface` in `camera`: depth (N, N), infinite where there is none; whether a view saw the point (N, N); the
    colour (N, N, 3) it has in the views.
    """
    shown, depth, found = sightings(views, surface, camera)
    total, weights = torch.zeros(int(shown.sum()), 3), torch.zeros(int(shown.sum()), 1)
    for view, (places, cosine) in zip(views, found, strict=True):
        weight = cosine.clamp(min=0)[:, None] ** 2
        total += weight * bilinear(extended(view), places)
        weights += weight
    color, seen = np.ones((camera.size, camera.size, 3), np.float32), np.zeros((camera.size, camera.size), bool)
    color[shown] = (total / weights.clamp(min=1e-9)).numpy()
    seen[shown] = weights[:, 0].numpy() > 0
    return depth, seen, color
