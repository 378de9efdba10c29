# SPDX-License-Identifier: GPL-3.0-or-later
"""How much a texture is stretched where it lies on the surface, in figures that don't depend on its scale."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.geometry.grid_mesh import Floats, GridMesh, Mask
from engine.geometry.triangles import Triangles

TINY = np.finfo(np.float64).tiny


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

    stretch_area, stretch_angle = _stretch(squares, product, area)
    return Distortion(
        conformal_energy=float(area @ (squares - 2 * product) / max(np.abs(determinant).sum(), TINY)),
        foldovers=int((determinant <= 0).sum()),
        stretch_area=stretch_area,
        stretch_angle=stretch_angle,
    )


def stretch(surface: Triangles, charts: NDArray[np.floating]) -> tuple[float, float]:
    """`stretch_area` and `stretch_angle`, as `Distortion` has them, of `charts` (F, 3, 2) on the faces of `surface`."""
    a, b, c = surface.vertices[surface.faces].astype(np.float64).transpose(1, 0, 2)
    p, q = (charts[:, k].astype(np.float64) - charts[:, 0] for k in (1, 2))
    bb, bc, cc = (np.einsum("fc,fc->f", x, y) for x, y in ((b - a, b - a), (b - a, c - a), (c - a, c - a)))
    doubled = np.sqrt(np.maximum(bb * cc - bc**2, 1e-30))
    determinant = (p[:, 0] * q[:, 1] - p[:, 1] * q[:, 0]) / doubled
    squares = (cc * (p**2).sum(1) - 2 * bc * (p * q).sum(1) + bb * (q**2).sum(1)) / doubled**2
    return _stretch(squares, determinant, doubled)


def _stretch(squares: Floats, product: Floats, area: Floats) -> tuple[float, float]:
    """The means of both stretches over triangles (T,) of this `area`: `squares` is the sum of their squared singular
    values s1 and s2, `product` s1 s2, negative where they are turned over.
    """
    sine, cosine = np.sqrt(np.maximum(squares - 2 * product, 0)), 2 * np.sqrt(np.maximum(product, 0))
    angle = 2 * np.degrees(np.arctan2(sine, cosine))
    ratio = np.log2(np.maximum(np.abs(product), TINY))
    ratio -= np.average(ratio, weights=area)
    return float(np.average(np.abs(ratio), weights=area)), float(np.average(angle, weights=area))
