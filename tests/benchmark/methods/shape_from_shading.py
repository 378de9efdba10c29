# SPDX-License-Identifier: GPL-3.0-or-later
"""Classical shape from shading: one colour all over, one far light, and the outline as the boundary condition.

Ikeuchi and Horn, "Numerical shape from shading and occluding boundaries", 1981: normals in stereographic coordinates,
where those along the contour are finite (a circle of radius 2), as smooth as the brightness lets them be. The light,
which they take as given, is fitted to the normals of the inflated outline; from those the iteration starts, too.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from engine.geometry.grid_mesh import inner
from engine.geometry.inflation import inflate
from engine.geometry.normals import normals
from engine.geometry.sparse import factorized
from engine.picture.srgb import to_linear

SMOOTHNESS = 0.02  # weight of the difference to the neighbours' mean against the brightness, linear 0..1
ITERATIONS = 250
STEEPEST = 6.0  # slope up to which a normal counts when the surface is put together

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


def shape_from_shading(rgb: NDArray[np.floating], mask: Mask) -> tuple[Floats, Floats]:
    """Depth (N, N) in half crops, NaN outside, and normals (N, N, 3) from a picture (N, N, 3) sRGB 0..1."""
    brightness = to_linear(rgb).mean(-1)
    start = np.nan_to_num(normals(inflate(mask), mask))
    light = _light(brightness, start, mask)
    contour = (mask & ~inner(mask))[mask]
    outward = start[mask, :2] / np.maximum(np.linalg.norm(start[mask, :2], axis=-1, keepdims=True), 1e-9)

    # (f, g) = 2 (n_x, n_y) / (1 + n_z), equation 12 there with the signs of this frame; a row of zeros at the end.
    coordinates = np.zeros((int(mask.sum()) + 1, 2))
    coordinates[:-1] = np.where(contour[:, None], 2 * outward, 2 * start[mask, :2] / (1 + start[mask, 2:]))
    neighbours = _neighbours(mask)
    count = np.maximum((neighbours < len(coordinates) - 1).sum(0), 1)[:, None]
    target = brightness[mask]
    for _ in range(ITERATIONS):
        mean = coordinates[neighbours].sum(0) / count
        shade, gradient = _shade(mean, light)
        step = (target - shade) / (SMOOTHNESS + np.square(gradient).sum(-1))
        moved = mean + step[:, None] * gradient
        moved *= np.minimum(1, 2 / np.maximum(np.linalg.norm(moved, axis=-1, keepdims=True), 1e-9))  # none faces away
        coordinates[:-1] = np.where(contour[:, None], coordinates[:-1], moved)
    normal = np.full((*mask.shape, 3), np.nan)
    normal[mask] = _normal(coordinates[:-1])
    return integrate(normal, mask), normal


def integrate(normal: Floats, mask: Mask) -> Floats:
    """The depth (N, N) in half crops, mean 0, whose slopes are closest to those of `normal` (N, N, 3) in `mask`."""
    index = np.full(mask.shape, -1)
    index[mask] = np.arange(mask.sum())
    z = np.maximum(np.nan_to_num(normal[..., 2], nan=1.0), 1e-6)
    slope = [np.clip(side * np.nan_to_num(normal[..., c]) / z, -STEEPEST, STEEPEST) for c, side in ((0, -1), (1, 1))]
    equations, right = [], []
    for (first, second), along in zip(((index[:, :-1], index[:, 1:]), (index[:-1], index[1:])), slope, strict=True):
        both = (first >= 0) & (second >= 0)
        count = int(both.sum())
        row = np.tile(np.arange(count), 2)
        column, value = np.concatenate([second[both], first[both]]), np.repeat([1.0, -1.0], count)
        equations.append(sp.coo_array((value, (row, column)), shape=(count, int(mask.sum()))))
        flat = along.ravel()
        right.append((flat[np.flatnonzero(mask)[first[both]]] + flat[np.flatnonzero(mask)[second[both]]]) / len(mask))
    system = sp.vstack(equations).tocsc()
    normal_equations = system.T @ system + 1e-9 * sp.eye_array(system.shape[1])  # each part's own offset is free
    depth = np.full(mask.shape, np.nan)
    depth[mask] = factorized(normal_equations).solve(system.T @ np.concatenate(right))
    return depth - np.nanmean(depth)


def _light(brightness: Floats, normal: Floats, mask: Mask) -> Floats:
    """(4,): how brightness depends on the normal's three components, and what is left without any."""
    seen = np.column_stack([normal[mask], np.ones(int(mask.sum()))])
    # A little damped: under light from the camera all of it can't be told apart.
    return np.asarray(
        np.linalg.solve(seen.T @ seen + 1e-3 * len(seen) * np.diag([1, 1, 1, 0]), seen.T @ brightness[mask]), np.float64
    )


def _neighbours(mask: Mask) -> NDArray[np.int64]:
    """Numbers (4, V) of the four neighbours of each pixel in `mask`, V where there is none."""
    size = int(mask.sum())
    index = np.full(mask.shape, size)
    index[mask] = np.arange(size)
    padded = np.pad(index, 1, constant_values=size)
    sides = (padded[:-2, 1:-1], padded[2:, 1:-1], padded[1:-1, :-2], padded[1:-1, 2:])
    return np.stack([side[mask] for side in sides])


def _normal(coordinates: Floats) -> Floats:
    """Unit normals (V, 3) of stereographic `coordinates` (V, 2)."""
    f, g = coordinates.T
    r = 4 + f * f + g * g
    return np.stack([4 * f / r, 4 * g / r, (8 - r) / r], -1)


def _shade(coordinates: Floats, light: Floats) -> tuple[Floats, Floats]:
    """Brightness (V,) under `light` of the normals that `coordinates` (V, 2) stand for, and its derivatives (V, 2)."""
    f, g = coordinates.T
    r = 4 + f * f + g * g
    x, y, z = light[:3]
    shade = _normal(coordinates) @ light[:3] + light[3]
    by_f = (4 * x * (r - 2 * f * f) - 8 * y * f * g - 16 * z * f) / (r * r)
    by_g = (4 * y * (r - 2 * g * g) - 8 * x * f * g - 16 * z * g) / (r * r)
    lit = shade > 0
    return np.where(lit, shade, 0.0), np.stack([by_f, by_g], -1) * lit[:, None]
