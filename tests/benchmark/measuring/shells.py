# SPDX-License-Identifier: GPL-3.0-or-later
"""Shells between a front and an exit layer, and how far they are from the true surface.

Layers are depths (N, N) in half crops towards the camera; a pixel (x, y) shows the point ((1 - z p) x, (1 - z p) y, z),
p being the perspective.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree

NEAR = 0.05
"""Distance within which a point counts as right, half-diagonals."""
SAMPLES = 8_000

Floats = NDArray[np.floating]
Mask = NDArray[np.bool_]


def thickness_error(front: Floats, back: Floats, true_front: Floats, true_back: Floats, mask: Mask) -> float:
    """Mean absolute error of the thickness, as a share of the true depth extent."""
    extent = true_front[mask].max() - true_back[mask].min()
    return float(np.abs((front - back) - (true_front - true_back))[mask].mean() / extent)


def distance(
    layers: tuple[Floats, Floats],
    true: tuple[Floats, Floats],
    mask: Mask,
    perspective: float,
    truth: Floats,
    unit: float,
) -> tuple[float, float]:
    """Chamfer distance (the mean of the two mean distances, in units of `unit`) and F-score at NEAR of the shell
    between `layers` (front, exit) to points `truth` (P, 3), the shell moved along z so that its layers' mean is that of
    the `true` ones.
    """
    shift = sum(float(layer[mask].mean()) for layer in true) - sum(float(layer[mask].mean()) for layer in layers)
    front, back = (layer + shift / 2 for layer in layers)
    points = _spread(triangles(front, back, mask, perspective))
    accuracy, completeness = cKDTree(truth).query(points)[0] / unit, cKDTree(points).query(truth)[0] / unit
    right, found = (accuracy < NEAR).mean(), (completeness < NEAR).mean()
    return float(accuracy.mean() + completeness.mean()) / 2, float(2 * right * found / max(right + found, 1e-9))


def triangles(front: Floats, back: Floats, mask: Mask, perspective: float) -> Floats:
    """Corners (T, 3, 3) of the closed surface: both layers over the mask, and walls between them where it ends."""
    n = len(mask)
    centres = (np.arange(n) + 0.5) / n * 2 - 1
    x, y = np.meshgrid(centres, -centres)
    near, far = (np.stack([(1 - z * perspective) * x, (1 - z * perspective) * y, z], -1) for z in (front, back))
    quads = mask[:-1, :-1] & mask[1:, :-1] & mask[:-1, 1:] & mask[1:, 1:]
    i, j = np.nonzero(quads)
    found = [_quad(layer[i, j], layer[i + 1, j], layer[i, j + 1], layer[i + 1, j + 1]) for layer in (near, far)]
    padded = np.pad(quads, 1)
    for ends, step in ((padded[1:] ^ padded[:-1], (0, 1)), (padded[:, 1:] ^ padded[:, :-1], (1, 0))):
        i, j = np.nonzero(ends)  # edges of the grid that bound one quad
        before = i - step[0], j - step[1]
        found.append(_quad(near[before], near[i, j], far[before], far[i, j]))
    covered = ndimage.binary_dilation(np.pad(quads, ((0, 1), (0, 1))), np.ones((2, 2)), origin=(-1, -1)) & mask
    i, j = np.nonzero(mask & ~covered)  # too thin for quads: needles
    half = np.array([1 / n, 0, 0])
    found.append(_quad(near[i, j] - half, near[i, j] + half, far[i, j] - half, far[i, j] + half))
    return np.concatenate(found)


def _quad(a: Floats, b: Floats, c: Floats, d: Floats) -> Floats:
    return np.concatenate([np.stack([a, b, c], 1), np.stack([b, d, c], 1)])


def _spread(corners: Floats) -> Floats:
    """Points (SAMPLES, 3) evenly on triangles (T, 3, 3)."""
    numbers = np.random.default_rng(0)
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    chosen = corners[numbers.choice(len(corners), SAMPLES, p=area / area.sum())]
    return np.einsum("pk,pkc->pc", numbers.dirichlet([1, 1, 1], SAMPLES), chosen)
