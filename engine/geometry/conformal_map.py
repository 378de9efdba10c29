# SPDX-License-Identifier: GPL-3.0-or-later
"""Texture coordinates of a surface on which the least squares conformal energy is small (see `conformal_energy`)."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from engine.geometry.grid_mesh import Floats, GridMesh, Ints, Mask
from engine.geometry.sparse import factorized

MAX_STEEPNESS = 20.0  # of 1 + slope^2, in the pull towards the identity


def flatten_near_identity(depth: NDArray[np.floating], mask: Mask) -> Floats:
    """Texture coordinates (N, N, 2) of a surface that hardly leave the picture: NaN outside the mesh of `mask`.

    depth: (N, N) in half crops. Minimises equation 2 plus the squared distance from the identity, integrated over the
    picture and weighted by the squared cosine to the camera. Conformal maps of a surface with narrow parts differ in
    the sizes of those parts; this one keeps them as they are seen, at no more distortion than the spectral map.
    """
    mesh = GridMesh.from_mask(mask)
    z = mesh.read(depth)
    slope_x, slope_y = (mesh.at_vertices(operator @ z) for operator in mesh.gradient)
    pull = 2 * mesh.spacing**2 / np.minimum(1 + slope_x**2 + slope_y**2, MAX_STEEPNESS)
    system = conformal_matrix(np.column_stack([mesh.positions, z]), mesh.triangles) + sp.diags_array(pull)
    flat = factorized(system).solve(pull * (mesh.positions @ np.array([1, 1j])))
    return mesh.image(np.stack([flat.real, flat.imag], 1))


def conformal_matrix(vertices: Floats, triangles: Ints) -> sp.csc_array:
    """The Hermitian matrix M with w^H M w = equation 2 for w = u + iv: cotangents, and the boundary's i/2."""
    corners = vertices[triangles]
    edges = np.roll(corners, -2, axis=1) - np.roll(corners, -1, axis=1)
    doubled_area = np.linalg.norm(np.cross(edges[:, 0], edges[:, 1]), axis=1)
    entries = np.einsum("tik,tjk->tij", edges, edges) / (2 * doubled_area[:, None, None])
    turn = np.array([[0, 1, -1], [-1, 0, 1], [1, -1, 0]]) * 0.5j
    rows, columns = np.repeat(triangles, 3, axis=1), np.tile(triangles, 3)
    size = (len(vertices),) * 2
    return sp.coo_array(((entries + turn).ravel(), (rows.ravel(), columns.ravel())), shape=size).tocsc()
