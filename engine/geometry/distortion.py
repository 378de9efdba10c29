# SPDX-License-Identifier: GPL-3.0-or-later
"""How much a texture is stretched where it lies on the surface, in figures that don't depend on its scale."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.geometry.grid_mesh import GridMesh, Mask


@dataclass(frozen=True)
class Distortion:
    """Figures of a map from a surface to its texture, all 0 where it is a similarity."""

    conformal_energy: float
    """Equation 2 of the paper divided by the texture's area."""
    foldovers: int
    """Triangles of the grid, up to four for each square of pixels, that lie flat or turned over in the texture."""
    stretch_area: float
    """Mean over the surface of |log2| of a triangle's area in the texture by that on the surface, less its mean."""
    stretch_angle: float
    """Mean over the surface of the largest change that an angle suffers: 2 arcsin((s1 - s2) / (s1 + s2)) in degrees
    with the singular values s1 >= s2 (Tissot); 180 where the triangle is turned over."""


def distortion(depth: NDArray[np.floating], coordinates: NDArray[np.floating], mask: Mask) -> Distortion:
    """Distortion of `coordinates` (N, N, 2) on the surface `depth` (N, N), both in half crops, over `mask` (N, N)."""
    mesh = GridMesh.from_mask(mask & np.isfinite(depth))
    dx, dy = mesh.gradient
    z, uv = mesh.read(depth), mesh.read(coordinates)
    p, jacobian_x, jacobian_y = np.stack([dx @ z, dy @ z], 1), dx @ uv, dy @ uv
    area = np.sqrt(1 + (p**2).sum(1))  # of the surface, per area of the picture
    # The sum of the squared singular values is tr(J G^-1 J^T) with G^-1 = I - p p^T / (1 + |p|^2), their signed
    # product det J / sqrt(det G).
    along = jacobian_x * p[:, :1] + jacobian_y * p[:, 1:]
    squares = (jacobian_x**2 + jacobian_y**2 - (along / area[:, None]) ** 2).sum(1)
    determinant = jacobian_x[:, 0] * jacobian_y[:, 1] - jacobian_x[:, 1] * jacobian_y[:, 0]
    product = determinant / area

    tiny = np.finfo(np.float64).tiny
    angle = 2 * np.degrees(
        np.arctan2(np.sqrt(np.maximum(squares - 2 * product, 0)), 2 * np.sqrt(np.maximum(product, 0)))
    )
    ratio = np.log2(np.maximum(np.abs(product), tiny))
    ratio -= np.average(ratio, weights=area)
    return Distortion(
        conformal_energy=float(area @ (squares - 2 * product) / max(np.abs(determinant).sum(), tiny)),
        foldovers=int((determinant <= 0).sum()),
        stretch_area=float(np.average(np.abs(ratio), weights=area)),
        stretch_angle=float(np.average(angle, weights=area)),
    )
