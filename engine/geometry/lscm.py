# SPDX-License-Identifier: GPL-3.0-or-later
"""The least squares conformal map (LSCM), which ties the texture coordinates to the surface.

Levy, Petitjean, Ray, Maillot, "Least squares conformal maps", 2002; paper, equations 2 and 9.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from engine.geometry.grid_mesh import Floats, GridMesh, Ints, Mask
from engine.geometry.nearest import nearest_known
from engine.geometry.sparse import factorized

Complexes = NDArray[np.complex128]

FLATTEN_ITERATIONS = 6
MAX_STEEPNESS = 20.0  # of 1 + slope^2, in the pull towards the identity
ANCHOR_RADIUS = 0.3  # half crops; the neighbourhood of the centroid in which the flattened surface fits the picture


def conformal_energy(vertices: Tensor, coordinates: Tensor, triangles: Tensor) -> Tensor:
    """Energy of the map from a surface to texture coordinates, summed over its triangles (paper, equation 2).

    vertices: (V, 3) x right, y up, z towards the camera. coordinates: (V, 2) u right, v up. triangles: (T, 3) vertex
    indices, counter-clockwise seen from the camera. Each triangle of area A, with gradients taken in its own plane,
    gives A [(du/dx - dv/dy)^2 + (du/dy + dv/dx)^2], which is 0 exactly where the map keeps angles and orientation.
    Scaling the surface changes nothing, scaling the coordinates by s multiplies the energy by s^2.

    The signs are the Cauchy-Riemann equations', under which a flat sheet's identity map has energy 0. Equation 2 as
    printed has the two signs exchanged: it vanishes for maps that reverse the orientation, as one gets with x right
    and y down but v up, and gives the identity 4 per unit of area.

    Written without a frame for each triangle: with the unit normal n and the edge e_i opposite to corner i, n x sum
    (u_i e_i) / 2A is the gradient of u, and the residual is grad u + n x grad v.
    """
    corners = vertices[triangles]
    edges = corners.roll(-2, 1) - corners.roll(-1, 1)
    normal = torch.linalg.cross(edges[:, 0], edges[:, 1])
    doubled_area = torch.linalg.vector_norm(normal, dim=1, keepdim=True)
    u, v = (edges * coordinates[triangles][..., k, None] for k in (0, 1))
    residual = u.sum(1) + torch.linalg.cross(normal / doubled_area, v.sum(1))
    return (residual.square() / (2 * doubled_area)).sum()


def laplacian(depth: Tensor) -> Tensor:
    """Sum of the four neighbours of each pixel minus four times itself, (N, N) of (N, N); zeros around (equation 9)."""
    padded = F.pad(depth, (1, 1, 1, 1))
    return padded[:-2, 1:-1] + padded[2:, 1:-1] + padded[1:-1, :-2] + padded[1:-1, 2:] - 4 * depth


def flatten(depth: NDArray[np.floating], mask: Mask) -> Floats:
    """Texture coordinates (N, N, 2) of a surface: its spectral conformal map, NaN outside the mesh of `mask`.

    depth: (N, N) in half crops. Equation 2 is minimised under unit variance of the coordinates (Mullen, Tong, Alliez,
    Desbrun, "Spectral conformal parameterization", 2008) by inverse iteration that starts from the picture plane.
    Each connected part is flattened by itself; then it is turned, scaled and moved so that near its centroid, where
    it faces the camera, the map is the identity.
    """
    mesh = GridMesh.from_mask(mask)
    z = mesh.read(depth)
    solver = factorized(_conformal_matrix(np.column_stack([mesh.positions, z]), mesh.triangles))
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
    slope_x, slope_y = (_at_vertices(mesh, operator @ z) for operator in mesh.gradient)
    weights = np.exp(-((distance / ANCHOR_RADIUS) ** 2) / 2) / (1 + slope_x**2 + slope_y**2) + 1e-9
    flat, target = centred(flat, weights), centred(picture, weights)
    similarity = _sum(weights * flat.conj() * target, part, count) / _sum(weights * np.abs(flat) ** 2, part, count)
    flat = similarity[part] * flat + picture - target
    return mesh.image(np.stack([flat.real, flat.imag], 1))


def flatten_near_identity(depth: NDArray[np.floating], mask: Mask) -> Floats:
    """Texture coordinates (N, N, 2) of a surface that hardly leave the picture: NaN outside the mesh of `mask`.

    depth: (N, N) in half crops. Minimises equation 2 plus the squared distance from the identity, integrated over the
    picture and weighted by the squared cosine to the camera. Conformal maps of a surface with narrow parts differ in
    the sizes of those parts; this one keeps them as they are seen, at no more distortion than the spectral map.
    """
    mesh = GridMesh.from_mask(mask)
    z = mesh.read(depth)
    slope_x, slope_y = (_at_vertices(mesh, operator @ z) for operator in mesh.gradient)
    pull = 2 * mesh.spacing**2 / np.minimum(1 + slope_x**2 + slope_y**2, MAX_STEEPNESS)
    system = _conformal_matrix(np.column_stack([mesh.positions, z]), mesh.triangles) + sp.diags_array(pull)
    flat = factorized(system).solve(pull * (mesh.positions @ np.array([1, 1j])))
    return mesh.image(np.stack([flat.real, flat.imag], 1))


def continued(coordinates: NDArray[np.floating]) -> Floats:
    """`coordinates` (N, N, 2) with values where they are NaN: displaced as the nearest known ones are."""
    known = np.isfinite(coordinates[..., 0])
    centres = (np.arange(len(known)) + 0.5) / len(known) * 2 - 1
    identity = np.stack(np.meshgrid(centres, -centres), -1)
    return identity + (coordinates - identity)[nearest_known(known)]


def _conformal_matrix(vertices: Floats, triangles: Ints) -> sp.csc_array:
    """The Hermitian matrix M with w^H M w = equation 2 for w = u + iv: cotangents, and the boundary's i/2."""
    corners = vertices[triangles]
    edges = np.roll(corners, -2, axis=1) - np.roll(corners, -1, axis=1)
    doubled_area = np.linalg.norm(np.cross(edges[:, 0], edges[:, 1]), axis=1)
    entries = np.einsum("tik,tjk->tij", edges, edges) / (2 * doubled_area[:, None, None])
    turn = np.array([[0, 1, -1], [-1, 0, 1], [1, -1, 0]]) * 0.5j
    rows, columns = np.repeat(triangles, 3, axis=1), np.tile(triangles, 3)
    size = (len(vertices),) * 2
    return sp.coo_array(((entries + turn).ravel(), (rows.ravel(), columns.ravel())), shape=size).tocsc()


def _sum(values: Complexes | Floats, part: Ints, count: int) -> Complexes:
    """Sum of `values` (V,) over each of `count` parts."""
    return np.bincount(part, values.real, count) + np.bincount(part, values.imag, count) * 1j


def _at_vertices(mesh: GridMesh, values: Floats) -> Floats:
    """Mean (V,) over the triangles round each vertex of `values` (T,)."""
    corners, count = mesh.triangles.ravel(), len(mesh.pixels)
    return np.bincount(corners, np.repeat(values, 3), count) / np.bincount(corners, minlength=count)
