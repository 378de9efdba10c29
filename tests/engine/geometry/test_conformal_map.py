# SPDX-License-Identifier: GPL-3.0-or-later
"""Flattening, near the picture and by the spectral map that it is held against, in closed form."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.geometry.conformal_map import flatten_near_identity
from engine.geometry.grid_mesh import GridMesh
from tests.engine.geometry.analytic_shapes import SHAPES, Shape, hemisphere, inclined_plane, picture_plane
from tests.engine.geometry.spectral_map import energy, flatten

Floats = NDArray[np.float64]
Map = Callable[[Floats, NDArray[np.bool_]], Floats]

each_map = pytest.mark.parametrize("flatten", [flatten_near_identity, flatten])


@pytest.mark.parametrize("slope", [0.5, 2.0])
def test_an_inclined_plane_is_stretched_along_its_slope(slope: float) -> None:
    """In closed form; flattening finds that map up to its scale."""
    plane = inclined_plane(24, slope)
    assert energy(plane.depth, plane.coordinates, plane.mask) == pytest.approx(0, abs=1e-12)
    assert energy(plane.depth, picture_plane(24), plane.mask) == pytest.approx(unmapped(plane))
    assert similar(flatten(plane.depth, plane.mask), plane.coordinates, plane.mask) < 1e-6


@each_map
def test_a_hemisphere_is_projected_stereographically(flatten: Map) -> None:
    """Its energy falls with the pixels' size, and flattening finds it to a fifth of a pixel."""
    coarse, fine = hemisphere(32), hemisphere(64)
    assert energy(fine.depth, picture_plane(64), fine.mask) == pytest.approx(unmapped(fine), rel=0.05)
    assert energy(coarse.depth, coarse.coordinates, coarse.mask) < 0.05
    assert energy(fine.depth, fine.coordinates, fine.mask) < 0.6 * energy(coarse.depth, coarse.coordinates, coarse.mask)
    assert similar(flatten(fine.depth, fine.mask), fine.coordinates, fine.mask) * 32 < 0.25


@each_map
def test_a_cylinder_is_unrolled(flatten: Map) -> None:
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


@each_map
@pytest.mark.parametrize("name", SHAPES)
def test_flattening_beats_the_picture_plane_without_folds(name: str, flatten: Map) -> None:
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
