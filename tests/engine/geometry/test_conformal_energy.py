# SPDX-License-Identifier: GPL-3.0-or-later
"""Conformal energy, against closed forms and libigl."""

from __future__ import annotations

import igl
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from engine.geometry.conformal_energy import conformal_energy
from tests.engine.geometry.analytic_shapes import picture_plane
from tests.engine.geometry.spectral_map import energy

Floats = NDArray[np.float64]


def bumpy_sheet() -> tuple[Floats, NDArray[np.int64]]:
    """A curved sheet of irregular triangles, counter-clockwise: vertices (V, 3) and triangles (T, 3)."""
    rng = np.random.default_rng(1)
    grid = picture_plane(9).reshape(-1, 2) + rng.uniform(-0.05, 0.05, (81, 2))
    corner = (np.arange(8)[:, None] * 9 + np.arange(8)).ravel()
    triangles = np.concatenate([corner[:, None] + [0, 9, 1], corner[:, None] + [1, 9, 10]])
    return np.column_stack([grid, rng.normal(0, 0.1, 81)]), triangles


def test_the_identity_of_a_flat_sheet_costs_nothing() -> None:
    """And its mirror image 4 per area, as the identity would with the signs as printed."""
    mask = np.ones((16, 16), bool)
    flat, identity = np.zeros((16, 16)), picture_plane(16)
    area = (15 * 2 / 16) ** 2
    assert energy(flat, identity, mask) == pytest.approx(0, abs=1e-12)
    assert energy(flat, identity * [-1, 1], mask) == pytest.approx(4 * area)
    assert energy(flat, identity @ [[0.6, 0.8], [-0.8, 0.6]], mask) == pytest.approx(0, abs=1e-12)
    assert energy(flat, identity * [2, 1], mask) == pytest.approx(area)


def test_energy_scales_with_the_texture_alone() -> None:
    """Enlarging the surface changes nothing."""
    vertices, triangles = (torch.from_numpy(a) for a in bumpy_sheet())
    coordinates = vertices[:, :2] ** 2 + vertices[:, :2]
    once = float(conformal_energy(vertices, coordinates, triangles))
    assert float(conformal_energy(3 * vertices, coordinates, triangles)) == pytest.approx(once)
    assert float(conformal_energy(vertices, 3 * coordinates, triangles)) == pytest.approx(9 * once)


def test_energy_agrees_with_libigl() -> None:
    """Dirichlet energy less area, from libigl's cotangents and areas."""
    vertices, triangles = bumpy_sheet()
    coordinates = np.random.default_rng(2).normal(size=(81, 2))
    stiffness = -igl.cotmatrix(vertices, triangles)
    corners = coordinates[triangles]
    signed_area = np.linalg.det(corners[:, 1:] - corners[:, :1]).sum() / 2
    expected = np.trace(coordinates.T @ (stiffness @ coordinates)) - 2 * signed_area
    ours = conformal_energy(*(torch.from_numpy(a) for a in (vertices, coordinates, triangles)))
    assert float(ours) == pytest.approx(expected)


def test_libigls_map_is_a_minimum_of_our_energy() -> None:
    """Its gradient vanishes but at the two pinned vertices."""
    vertices, triangles = bumpy_sheet()
    pinned = np.array([0, 80])
    solution = igl.lscm(vertices, triangles, pinned, vertices[pinned, :2])
    coordinates = torch.from_numpy(next(np.array(a) for a in solution if np.shape(a) == (81, 2))).requires_grad_()
    conformal_energy(torch.from_numpy(vertices), coordinates, torch.from_numpy(triangles)).backward()
    assert coordinates.grad is not None
    slope = coordinates.grad.abs().amax(1).numpy()
    assert np.delete(slope, pinned).max() < 1e-9
    assert slope[pinned].max() > 1e-3


def test_energy_is_differentiable() -> None:
    """In the surface as in the texture."""
    vertices, triangles = (torch.from_numpy(a) for a in bumpy_sheet())
    triangles = triangles[:12]
    coordinates = (vertices[:, :2] ** 2 + vertices[:, :2]).requires_grad_()
    assert torch.autograd.gradcheck(
        lambda v, c: conformal_energy(v, c, triangles), (vertices.requires_grad_(), coordinates)
    )
