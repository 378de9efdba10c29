# SPDX-License-Identifier: GPL-3.0-or-later
"""Conformal energy and flattening, against closed forms and libigl."""

from __future__ import annotations

import igl
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from engine.geometry.grid_mesh import GridMesh
from engine.geometry.lscm import conformal_energy, continued, flatten, laplacian
from tests.engine.geometry.analytic_shapes import SHAPES, Shape, hemisphere, inclined_plane, picture_plane

Floats = NDArray[np.float64]


def energy(depth: Floats, coordinates: Floats, mask: NDArray[np.bool_]) -> float:
    """Equation 2 over the grid, whose two diagonals cover each square twice."""
    mesh = GridMesh.from_mask(mask)
    vertices = np.column_stack([mesh.positions, mesh.read(depth)])
    arguments = (torch.from_numpy(a) for a in (vertices, mesh.read(coordinates), mesh.triangles))
    return float(conformal_energy(*arguments)) / 2


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


def test_the_laplacian_of_a_parabola() -> None:
    """4 inside for x^2 + y^2 in pixels; outside the image there is 0."""
    rows = torch.arange(6.0)
    image = laplacian(rows[:, None] ** 2 + rows**2)
    assert (image[1:-1, 1:-1] == 4).all()
    assert image[0, 0] == 2
    assert image[5, 0] == 16 + 26 - 4 * 25


@pytest.mark.parametrize("slope", [0.5, 2.0])
def test_an_inclined_plane_is_stretched_along_its_slope(slope: float) -> None:
    """In closed form; flattening finds that map up to its scale."""
    plane = inclined_plane(24, slope)
    assert energy(plane.depth, plane.coordinates, plane.mask) == pytest.approx(0, abs=1e-12)
    assert energy(plane.depth, picture_plane(24), plane.mask) == pytest.approx(unmapped(plane))
    assert similar(flatten(plane.depth, plane.mask), plane.coordinates, plane.mask) < 1e-6


def test_a_hemisphere_is_projected_stereographically() -> None:
    """Its energy falls with the pixels' size, and flattening finds it to a fifth of a pixel."""
    coarse, fine = hemisphere(32), hemisphere(64)
    assert energy(fine.depth, picture_plane(64), fine.mask) == pytest.approx(unmapped(fine), rel=0.05)
    assert energy(coarse.depth, coarse.coordinates, coarse.mask) < 0.05
    assert energy(fine.depth, fine.coordinates, fine.mask) < 0.6 * energy(coarse.depth, coarse.coordinates, coarse.mask)
    assert similar(flatten(fine.depth, fine.mask), fine.coordinates, fine.mask) * 32 < 0.25


def test_a_cylinder_is_unrolled() -> None:
    """Arc length along u, height along v."""
    plane = picture_plane(48)
    mask = (np.abs(plane[..., 0]) < 0.6) & (np.abs(plane[..., 1]) < 0.6)
    depth = np.sqrt(np.maximum(0.7**2 - plane[..., 0] ** 2, 0))
    unrolled = np.stack([0.7 * np.arcsin(np.clip(plane[..., 0] / 0.7, -1, 1)), plane[..., 1]], -1)
    assert similar(flatten(depth, mask), unrolled, mask) * 24 < 0.1


def test_flattening_stays_close_to_the_picture() -> None:
    """Near the centroid of each part, and parts don't pull at each other."""
    plane = picture_plane(48)
    mask = (np.abs(plane[..., 0]) > 0.2) & (np.abs(plane[..., 1]) < 0.5) & (np.abs(plane[..., 0]) < 0.9)
    depth = np.where(plane[..., 0] > 0, 5.0, 0.0)
    assert flatten(depth, mask)[mask] == pytest.approx(plane[mask], abs=1e-6)
    assert np.isnan(flatten(depth, mask)[~mask]).all()


@pytest.mark.parametrize("name", SHAPES)
def test_flattening_beats_the_picture_plane_without_folds(name: str) -> None:
    """On every shape, at a small part of its energy."""
    shape = SHAPES[name](48)
    coordinates = flatten(shape.depth, shape.mask)
    assert energy(shape.depth, coordinates, shape.mask) < 0.05 * energy(shape.depth, picture_plane(48), shape.mask)
    mesh = GridMesh.from_mask(shape.mask)
    u, v = mesh.read(coordinates).T
    dx, dy = mesh.gradient
    assert ((dx @ u) * (dy @ v) - (dy @ u) * (dx @ v) > 0).all()


def unmapped(shape: Shape) -> float:
    """Closed form of the identity map's energy: per area of the picture (1 - n)^2 / n where n is the normal's z."""
    mesh = GridMesh.from_mask(shape.mask)
    facing = mesh.read(shape.normal)[mesh.triangles, 2]
    return float(((1 - facing) ** 2 / facing).mean(1).sum() * mesh.spacing**2 / 4)


def similar(found: Floats, expected: Floats, mask: NDArray[np.bool_]) -> float:
    """Root mean square distance of two maps, in half crops, after the best similarity."""
    inside = mask & np.isfinite(found).all(-1)
    a, b = (image[inside] @ np.array([1, 1j]) for image in (found, expected))
    a, b = a - a.mean(), b - b.mean()
    return float(np.sqrt((np.abs((a.conj() @ b) / (a.conj() @ a) * a - b) ** 2).mean()))


def test_continued_coordinates_are_displaced_as_their_nearest_neighbours() -> None:
    identity, shift = picture_plane(16), np.array([0.2, -0.1])
    known = np.zeros((16, 16), bool)
    known[4:9, 3:7] = True
    moved = np.where(known[..., None], identity + shift, np.nan)
    assert continued(moved) == pytest.approx(identity + shift)
    moved[4:9, 6] = identity[4:9, 6]
    assert continued(moved)[6, 12] == pytest.approx(identity[6, 12])
    assert continued(moved)[6, 0] == pytest.approx(identity[6, 0] + shift)
