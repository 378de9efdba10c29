# SPDX-License-Identifier: GPL-3.0-or-later
"""From estimated normals and depth to one continuous relief.

Normals tell details and depth the whole, but each has errors that no surface explains: so the relief is the depth map
whose slopes fit the normals best, drawn weakly to the estimated depth (Poisson integration, screened by the depth).
Where one part hides another the depth jumps, which no normal tells: so slopes that can't fit count less and less.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from engine.geometry.grid_mesh import Floats, GridMesh
from engine.geometry.sparse import factorized, scaled
from engine.picture.picture import Picture
from engine.surface.estimate import SurfaceEstimate
from engine.surface.estimator import Estimator

MAX_SLOPE = 6.0  # 80 degrees; at a contour normals lie in the picture plane, where slopes know no bounds
DOUBT = 0.1  # radians, added to each normal's own uncertainty: errors of neighbours aren't independent
MISFIT = 0.2  # radians between relief and estimate, from which on a normal loses its weight
ROUNDS = 6  # of solving and weighing anew


def estimate(picture: Picture, estimator: Estimator) -> SurfaceEstimate:
    """What `estimator` sees of the object in the crop of `picture`, at its own size."""
    rgb, coverage = picture.square(estimator.size)
    return estimator.surface(rgb, coverage > 0.5)


def relief(estimate: SurfaceEstimate) -> Floats:
    """The depth (N, N) in half crops towards the camera that fits `estimate` best; NaN outside the mesh of its mask.

    Angles between the relief's and the estimated normals are made small, to first order: an error of a slope p turns
    the normal by 1 / (1 + |p|^2) of it. Each counts by the inverse of its variance, and by Cauchy's robust norm, which
    lets a few be large (iteratively reweighted least squares). The depth has mean 0 on each connected part in which the
    estimated one has. Raises StageError where the mask is too thin for a mesh.
    """
    mesh = GridMesh.from_mask(estimate.mask)
    px, py = _slopes(mesh.read(estimate.normal)[mesh.triangles].mean(1))
    foreshortening = 1 + px**2 + py**2
    uncertainty = mesh.read(estimate.uncertainty)[mesh.triangles].mean(1) + DOUBT
    trust = 1 / (foreshortening * uncertainty) ** 2
    depth = mesh.read(estimate.depth)
    dx, dy = mesh.gradient
    # All triangles of a pixel together weigh as much as the pixel's anchor, up to the factor.
    anchor = estimate.anchor * len(mesh.triangles) / len(mesh.pixels)
    weight = trust
    for _ in range(ROUNDS):
        weight = weight / weight.mean()
        system = dx.T @ scaled(dx, weight) + dy.T @ scaled(dy, weight) + anchor * sp.eye_array(len(mesh.pixels))
        z = factorized(system).solve(dx.T @ (weight * px) + dy.T @ (weight * py) + anchor * depth)
        misfit = np.hypot(dx @ z - px, dy @ z - py) / foreshortening
        weight = trust / (1 + (misfit / MISFIT) ** 2)
    return mesh.image(z)


def _slopes(normal: Floats) -> tuple[Floats, Floats]:
    """Slopes (T,) along x and y of surfaces with the directions `normal` (T, 3), at most MAX_SLOPE long.

    A normal that looks away from the camera stands for the steepest slope.
    """
    sideways = np.hypot(normal[:, 0], normal[:, 1])
    steepness = sideways / np.maximum(normal[:, 2], sideways / MAX_SLOPE + 1e-9)
    px, py = -normal[:, :2].T * (steepness / np.maximum(sideways, 1e-9))
    return px, py
