# SPDX-License-Identifier: GPL-3.0-or-later
"""Depth in closed form: slopes from the metric of the coordinates, their signs from a guess, integrated by Poisson.

A conformal map has J^T J = lambda (I + grad z grad z^T). So grad z lies along the major eigenvector of J^T J, its
length is the root of the eigenvalues' ratio less one, and its sign is open: it is the same relief turned inside out.
"""

from __future__ import annotations

from functools import partial

import numpy as np
import scipy.sparse as sp

from engine.geometry.grid_mesh import Floats, GridMesh
from engine.geometry.sparse import factorized, scaled
from engine.methods.dreamtexture.depth_energy import Metric

MAX_SLOPE = 4.0  # steeper than 76 degrees is left to the energy
FLAT = 1e-6  # slope without direction
ALTERNATIONS = 8  # of signs and depth
PULL = 0.05  # of a guess on the signs, by the slopes' pull on each other


class Slopes:
    """The slopes (px, py) (T,) that the coordinates allow, up to their signs, and their integration."""

    def __init__(self, mesh: GridMesh, metric: Metric) -> None:
        self.mesh, self.metric = mesh, metric
        self.px, self.py = _slope(metric.xx, metric.xy, metric.yy)
        # Steep slopes are uncertain: an error of the coordinates counts there the more.
        self.weight = metric.weight / (1 + self.px**2 + self.py**2)
        dx, dy = mesh.gradient
        self.solver = factorized(dx.T @ scaled(dx, self.weight) + dy.T @ scaled(dy, self.weight))

    def depth(self, sign: Floats) -> Floats:
        """The depth (V,) whose gradients come closest to the slopes with `sign` (T,)."""
        dx, dy = self.mesh.gradient
        weight = self.weight * sign
        return self.solver.solve(dx.T @ (weight * self.px) + dy.T @ (weight * self.py))

    def like(self, z: Floats) -> Floats:
        """Signs and depth in turns, starting from the signs of `z` (V,) (local/global)."""
        dx, dy = self.mesh.gradient
        before = np.zeros(len(self.px))
        for _ in range(ALTERNATIONS):
            sign = np.where(self.px * (dx @ z) + self.py * (dy @ z) < 0, -1.0, 1.0)
            if (sign == before).all():
                break
            before, z = sign, self.depth(sign)
        return z

    def coherent(self, guess: Floats) -> Floats:
        """Depth (V,) with the signs on which neighbouring slopes agree best, drawn weakly to those of `guess`.

        Signs relaxed to real numbers minimise sum |c_ab| (s_a - sgn(c_ab) s_b)^2 with the agreement c_ab of slopes a
        and b: the signed graph Laplacian (Kunegis et al., "Spectral analysis of signed graphs", 2010).
        """
        mesh, metric = self.mesh, self.metric
        count = len(mesh.pixels)
        at_vertices = partial(mesh.at_vertices, weight=metric.weight)

        px, py = _slope(at_vertices(metric.xx), at_vertices(metric.xy), at_vertices(metric.yy))
        length = np.hypot(px, py) + FLAT
        a, b = mesh.triangles.ravel(), np.roll(mesh.triangles, 1, axis=1).ravel()
        a, b = np.unique(np.sort(np.stack([a, b]), axis=0), axis=1)
        agreement = (px[a] * px[b] + py[a] * py[b]) / np.maximum(length[a], length[b])
        graph = sp.coo_array((agreement, (a, b)), shape=(count, count)).tocsr()
        graph = graph + graph.T
        dx, dy = mesh.gradient
        gx, gy = at_vertices(dx @ guess), at_vertices(dy @ guess)
        pull = (px * gx + py * gy) / (np.hypot(gx, gy) + 0.1)
        degree = abs(graph).sum(1) + PULL * np.abs(pull) + FLAT
        sign = factorized(sp.diags_array(degree) - graph).solve(PULL * pull)
        sign = np.where(sign < 0, -1.0, 1.0)
        qx, qy = ((sign * p)[mesh.triangles].mean(1) for p in (px, py))
        return self.like(self.depth(np.where(self.px * qx + self.py * qy < 0, -1.0, 1.0)))


def _slope(xx: Floats, xy: Floats, yy: Floats) -> tuple[Floats, Floats]:
    """Slope (x, y) of the surface on which a map with the metric [[xx, xy], [xy, yy]] is conformal, up to its sign."""
    middle, radius = (xx + yy) / 2, np.hypot((xx - yy) / 2, xy)
    ratio = (middle + radius) / np.maximum(middle - radius, 1e-9)
    length = np.sqrt(np.clip(ratio - 1, 0, MAX_SLOPE**2))
    angle = np.arctan2(2 * xy, xx - yy) / 2
    return length * np.cos(angle), length * np.sin(angle)
