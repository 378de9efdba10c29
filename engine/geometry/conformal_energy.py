# SPDX-License-Identifier: GPL-3.0-or-later
"""The energy of the least squares conformal map (LSCM), which ties the texture coordinates to the surface.

Levy, Petitjean, Ray, Maillot, "Least squares conformal maps", 2002; paper, equation 2.
"""

from __future__ import annotations

import torch
from torch import Tensor


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
