# SPDX-License-Identifier: GPL-3.0-or-later
"""The surface that the mesh is made from: finer than the grid of the texture coordinates, so that thin parts stay."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation

from engine.geometry.image_map import pixel_centres
from engine.geometry.nearest import nearest_known
from engine.picture.picture import Picture
from engine.surface.estimate import SurfaceEstimate
from engine.surface.relief import relief

GRID = 256
"""Pixels across the crop, at least: what is 1/150 of it wide has one or two, enough for a strip of quads."""

Floats = NDArray[np.floating]


@dataclass(frozen=True)
class MeshSurface:
    """What the mesh is made from, over the crop; images (M, M), row 0 on top."""

    depth: Floats
    """Towards the camera in half crops; NaN where nothing is known. May reach beyond the object."""
    coverage: Floats
    """The object's share of each pixel, 0..1."""

    def changed_by(self, news: Floats) -> MeshSurface:
        """The surface with the depths `news` (N, N) added, which are smooth; where they are NaN, the nearest."""
        known = news[nearest_known(np.isfinite(news))]
        return replace(self, depth=self.depth + enlarged(known, len(self.depth)))

    def continued(self, coordinates: Floats) -> Floats:
        """The smooth texture `coordinates` (N, N, 2) at the surface's pixels, (M, M, 2)."""
        size = len(self.depth)
        return pixel_centres(size) + enlarged(coordinates - pixel_centres(len(coordinates)), size)


def mesh_surface(picture: Picture, look: SurfaceEstimate, resolution: int) -> MeshSurface:
    """The relief of what the estimator saw of `picture` in a `look`, on GRID or `resolution` pixels, the more of them.

    It reaches a pixel beyond the mask: so parts of one pixel's width have a surface as well, and the slopes of the
    normals at the contour lead to it.
    """
    _, coverage = picture.square(max(resolution, GRID))
    return MeshSurface(relief(look.at(binary_dilation(coverage >= 0.5, np.ones((3, 3), bool)))), coverage)


def enlarged(image: Floats, size: int) -> Floats:
    """`image` (N, N) or (N, N, C) at `size` x `size` pixels, interpolated linearly."""
    return np.asarray(cv2.resize(image.astype(np.float64), (size, size), interpolation=cv2.INTER_LINEAR))
