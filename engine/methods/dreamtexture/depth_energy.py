# SPDX-License-Identifier: GPL-3.0-or-later
"""The energy of a depth map under given texture coordinates, and its minimisation by projected Newton steps.

On a triangle whose depth has the gradient p, the surface metric is G = I + p p^T, that of the coordinates J^T J.
Equation 2 of the paper, for a triangle of area a in the picture, is 2 a det J e(p) with

    e(p) = tr(A G^-1) sqrt(det G) / 2 - 1 = (tr B + p^T B p) / (2 sqrt(1 + |p|^2)) - 1,   A = J^T J / det J,  B = A^-1,

which is 0 where G is proportional to J^T J and positive elsewhere. So equation 2 divided by twice the texture's area is
the mean of e(p) weighted by the triangles' areas in the texture: it no longer depends on how large that is drawn.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from engine.geometry.grid_mesh import Floats, GridMesh, Ints
from engine.geometry.sparse import factorized, scaled

FAINT = 1e-3  # share of the mean texture area; triangles with less, or turned over, count as flat with this weight
DISTORTION_SCALE = 0.5  # distortions well above it are taken for errors of the coordinates, not of the depth
MIN_CURVATURE = 1e-3  # of a triangle's energy, in its projected Hessian
MIN_LENGTH = 1e-3  # shortest share of a Newton step that is tried
TOLERANCE = 1e-5  # share of the energy; Newton's method ends when a step gains less


class Metric:
    """What the coordinates (V, 2) say on each triangle of a mesh.

    xx, xy, yy: (T,) A = J^T J / det J, of determinant 1; I where the texture is turned over or has hardly any area.
    weight: (T,) area in the texture, 1 on average, but never below FAINT.
    """

    def __init__(self, mesh: GridMesh, coordinates: Floats) -> None:
        dx, dy = mesh.gradient
        ux, vx = (dx @ coordinates).T
        uy, vy = (dy @ coordinates).T
        determinant = ux * vy - uy * vx
        area = determinant / max(np.abs(determinant).mean(), np.finfo(np.float64).tiny)
        valid = area > FAINT
        self.weight = np.where(valid, area, FAINT)
        determinant = np.where(valid, determinant, 1.0)
        self.xx = np.where(valid, (ux * ux + vx * vx) / determinant, 1.0)
        self.xy = np.where(valid, (ux * uy + vx * vy) / determinant, 0.0)
        self.yy = np.where(valid, (uy * uy + vy * vy) / determinant, 1.0)


class DepthEnergy:
    """Mean of e(p) over the texture, plus the bending of the depth.

    robust: e / (1 + e / c) instead of e (Geman and McClure, 1987), so that fold-overs don't tear the surface.
    bending: weight of the mean of sqrt(1 + t^2 |D^2 z|^2) - 1, which is quadratic on smooth parts and no more than
    proportional at creases, so that these survive. thickness: t, the object's, which makes that free of scale.
    """

    def __init__(
        self, mesh: GridMesh, metric: Metric, *, robust: bool, bending: float = 0.0, thickness: float = 1.0
    ) -> None:
        self.mesh, self.metric, self.robust = mesh, metric, robust
        self.count = len(mesh.pixels)
        self.weight = metric.weight / metric.weight.sum()
        self.bending = bending / self.count
        self.second_derivatives = [thickness * operator for operator in _second_derivatives(mesh)] if bending else []

    def value(self, z: Floats) -> float:
        """Energy of the depth `z` (V,)."""
        _, _, e = self._distortion(z)
        if self.robust:
            e = e / (1 + e / DISTORTION_SCALE)
        return float(self.weight @ e + self.bending * (self._stretch(z) - 1).sum())

    def newton_step(self, z: Floats) -> tuple[Floats, float]:
        """The projected Newton step (V,) at `z`, and the derivative of the energy along it (not positive).

        Each triangle's 2 x 2 Hessian is made positive, what is concave in the robust and bending terms is left out.
        """
        px, py, e = self._distortion(z)
        m = self.metric
        bx, by = m.yy * px - m.xy * py, m.xx * py - m.xy * px  # B p, as B = adj A
        w2 = 1 + px * px + py * py
        w = np.sqrt(w2)
        k = (e + 1) / w2
        weight = self.weight / (1 + e / DISTORTION_SCALE) ** 2 if self.robust else self.weight
        hxx, hxy, hyy = _positive(
            m.yy / w - k - 2 * bx * px / (w * w2) + 3 * k * px * px / w2,
            -m.xy / w - (bx * py + by * px) / (w * w2) + 3 * k * px * py / w2,
            m.xx / w - k - 2 * by * py / (w * w2) + 3 * k * py * py / w2,
        )
        dx, dy = self.mesh.gradient
        gradient = dx.T @ (weight * (bx / w - k * px)) + dy.T @ (weight * (by / w - k * py))
        system = dx.T @ (scaled(dx, weight * hxx) + scaled(dy, weight * hxy))
        system = system + dy.T @ (scaled(dx, weight * hxy) + scaled(dy, weight * hyy))
        for operator in self.second_derivatives:
            bent = operator.T @ scaled(operator, self.bending / self._stretch(z))
            system, gradient = system + bent, gradient + bent @ z
        step = -factorized(system).solve(gradient)
        return step, float(step @ gradient)

    def _distortion(self, z: Floats) -> tuple[Floats, Floats, Floats]:
        """The gradient p of `z` on each triangle, its two components, and e(p)."""
        dx, dy = self.mesh.gradient
        px, py = dx @ z, dy @ z
        m = self.metric
        numerator = m.xx + m.yy + m.yy * px * px - 2 * m.xy * px * py + m.xx * py * py
        return px, py, numerator / (2 * np.sqrt(1 + px * px + py * py)) - 1

    def _stretch(self, z: Floats) -> Floats:
        """sqrt(1 + t^2 |D^2 z|^2) at each pixel."""
        return np.sqrt(sum(((operator @ z) ** 2 for operator in self.second_derivatives), np.ones(self.count)))


def minimize(energy: DepthEnergy, z: Floats, steps: int) -> tuple[Floats, int]:
    """The depth near `z` with the lowest energy, and the Newton steps taken, with backtracking (Armijo)."""
    value = energy.value(z)
    for taken in range(steps):
        step, slope = energy.newton_step(z)
        length = 1.0
        while (lower := energy.value(z + length * step)) > value + 1e-4 * length * slope:
            length /= 2
            if length < MIN_LENGTH:
                return z, taken
        z, gain, value = z + length * step, value - lower, lower
        if gain <= TOLERANCE * value:
            return z, taken + 1
    return z, steps


def _positive(xx: Floats, xy: Floats, yy: Floats) -> tuple[Floats, Floats, Floats]:
    """Symmetric 2 x 2 matrices with their eigenvalues raised to MIN_CURVATURE at least."""
    middle, radius = (xx + yy) / 2, np.hypot((xx - yy) / 2, xy)
    low, high = np.maximum(middle - radius, MIN_CURVATURE), np.maximum(middle + radius, MIN_CURVATURE)
    ratio = (high - low) / np.maximum(2 * radius, 1e-30)
    shift = low - ratio * (middle - radius)
    return ratio * xx + shift, ratio * xy, ratio * yy + shift


def _second_derivatives(mesh: GridMesh) -> list[sp.csr_array]:
    """z_xx, z_yy and sqrt(2) z_xy as (V, V) operators, a row 0 where a pixel that it needs is missing."""
    index = np.full((mesh.size + 2, mesh.size + 2), -1)
    inside = np.pad(mesh.used, 1)
    index[inside] = np.arange(len(mesh.pixels))

    def at(row: int, column: int) -> Ints:
        return np.roll(index, (-row, -column), (0, 1))[inside]

    stencils = [
        [(at(0, -1), 1.0), (at(0, 0), -2.0), (at(0, 1), 1.0)],
        [(at(-1, 0), 1.0), (at(0, 0), -2.0), (at(1, 0), 1.0)],
        [(at(0, 0), 2**0.5), (at(0, 1), -(2**0.5)), (at(1, 0), -(2**0.5)), (at(1, 1), 2**0.5)],
    ]
    operators = []
    for stencil in stencils:
        columns = np.stack([column for column, _ in stencil], 1)
        values = np.broadcast_to([value for _, value in stencil], columns.shape) / mesh.spacing**2
        complete = (columns >= 0).all(1)
        start = np.concatenate([[0], np.cumsum(complete * len(stencil))])
        shape = (len(columns),) * 2
        operators.append(sp.csr_array((values[complete].ravel(), columns[complete].ravel(), start), shape=shape))
    return operators
