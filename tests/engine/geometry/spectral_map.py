# SPDX-License-Identifier: GPL-3.0-or-later
"""The spectral conformal map: what other maps, and the depths recovered from them, are held against."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from engine.geometry.conformal_energy import conformal_energy
from engine.geometry.conformal_map import conformal_matrix
from engine.geometry.grid_mesh import Floats, GridMesh, Ints, Mask
from engine.geometry.sparse import factorized

Complexes = NDArray[np.complex128]

FLATTEN_ITERATIONS = 6
ANCHOR_RADIUS = 0.3  # half crops; the neighbourhood of the centroid in which the flattened surface fits the picture


def flatten(depth: NDArray[np.floating], mask: Mask) -> Floats:
    """Texture coordinates (N, N, 2) of a surface: its spectral conformal map, NaN outside the mesh of `mask`.

    depth: (N, N) in half crops. Equation 2 is minimised under unit variance of the coordinates (Mullen, Tong, Alliez,
    Desbrun, "Spectral conformal parameterization", 2008) by inverse iteration that starts from the picture plane.
    Each connected part is flattened by itself; then it is turned, scaled and moved so that near its centroid, where
    it faces the camera, the map is the identity.
    """
    mesh = GridMesh.from_mask(mask)
    z = mesh.read(depth)
    solver = factorized(conformal_matrix(np.column_stack([mesh.positions, z]), mesh.triangles))
    picture = mesh.positions @ np.array([1, 1j])
    count, part = mesh.components

    def centred(values: Complexes, weights: Floats) -> Complexes:
        return values - (_sum(weights * values, part, count) / _sum(weights, part, count))[part]

    ones = np.ones(len(z))
    flat = picture
    for _ in range(FLATTEN_ITERATIONS):
        flat = centred(flat, ones)
        flat = solver.solve(flat / np.sqrt(_sum(np.abs(flat) ** 2, part, count))[part])

    distance = np.abs(centred(picture, ones))
    slope_x, slope_y = (mesh.at_vertices(operator @ z) for operator in mesh.gradient)
    weights = np.exp(-((distance / ANCHOR_RADIUS) ** 2) / 2) / (1 + slope_x**2 + slope_y**2) + 1e-9
    flat, target = centred(flat, weights), centred(picture, weights)
    similarity = _sum(weights * flat.conj() * target, part, count) / _sum(weights * np.abs(flat) ** 2, part, count)
    flat = similarity[part] * flat + picture - target
    return mesh.image(np.stack([flat.real, flat.imag], 1))


def _sum(values: Complexes | Floats, part: Ints, count: int) -> Complexes:
    """Sum of `values` (V,) over each of `count` parts."""
    return np.bincount(part, values.real, count) + np.bincount(part, values.imag, count) * 1j


def energy(depth: Floats, coordinates: Floats, mask: Mask) -> float:
    """Equation 2 over the grid, whose two diagonals cover each square twice."""
    mesh = GridMesh.from_mask(mask)
    vertices = np.column_stack([mesh.positions, mesh.read(depth)])
    arguments = (torch.from_numpy(a) for a in (vertices, mesh.read(coordinates), mesh.triangles))
    return float(conformal_energy(*arguments)) / 2
