# SPDX-License-Identifier: GPL-3.0-or-later
"""From texture coordinates to depth: closed forms, shapes, noise, folds and the paper's own check."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.errors import StageError
from engine.geometry.normals import normals
from engine.methods.dreamtexture.depth import blurred, smoothness_of, solve_depth
from tests.engine.geometry.analytic_shapes import (
    SHAPES,
    Shape,
    cone,
    cube,
    hemisphere,
    inclined_plane,
    normal_error,
    picture_plane,
    smooth_displacement,
    sphere,
)
from tests.engine.geometry.spectral_map import flatten

Floats = NDArray[np.float64]


def error_of(depth: Floats, shape: Shape) -> float:
    """Mean angle in degrees between the normals of `depth` and the true ones."""
    return normal_error(normals(depth, shape.mask), shape.normal)


def centred(depth: Floats) -> Floats:
    """`depth` with mean 0."""
    return depth - np.nanmean(depth)


@pytest.mark.parametrize(("name", "limit"), [("sphere", 3), ("cylinder", 3), ("torus", 3), ("cone", 6), ("cube", 3)])
def test_true_coordinates_give_the_true_shape(name: str, limit: float) -> None:
    """Depth to coordinates and back, nothing told but coordinates and mask."""
    shape = SHAPES[name](64)
    solution = solve_depth(flatten(shape.depth, shape.mask), shape.mask)
    assert (np.isfinite(solution.depth) == shape.mask).all()
    assert error_of(solution.depth, shape) < limit
    assert solution.depth[shape.mask] == pytest.approx(centred(shape.depth)[shape.mask], abs=0.02)


def test_a_cone_whose_sign_is_told() -> None:
    """Any depth that leans the right way will do."""
    shape = cone(64)
    solution = solve_depth(flatten(shape.depth, shape.mask), shape.mask, start=0.1 * shape.depth)
    assert solution.candidate == "start"
    assert error_of(solution.depth, shape) < 3
    dented = solve_depth(flatten(shape.depth, shape.mask), shape.mask, start=-shape.depth)
    assert dented.depth[shape.mask] == pytest.approx(-centred(shape.depth)[shape.mask], abs=0.02)


def test_neighbours_tell_the_signs_that_the_outline_gets_wrong() -> None:
    """An upright cone bulges the more the lower; its inflated outline closes at the bottom."""
    plane = picture_plane(64)
    radius = 0.45 * (0.7 - plane[..., 1])
    mask = (np.abs(plane[..., 1]) < 0.7) & (np.abs(plane[..., 0]) < 0.95 * radius)
    depth = np.sqrt(np.where(mask, radius**2 - plane[..., 0] ** 2, np.nan))
    solution = solve_depth(flatten(depth, mask), mask)
    assert solution.candidate == "spectral"
    assert np.nanmax(np.abs(solution.depth - centred(depth))) < 0.02


def test_the_papers_check_on_a_cube() -> None:
    """Depth, coordinates, depth, after matching mean and deviation: at most the paper's 2.2e-5 (supplement C)."""
    shape = cube(64)
    found = solve_depth(flatten(shape.depth, shape.mask), shape.mask).depth
    truth = centred(shape.depth)
    matched = centred(found) / np.nanstd(found) * np.nanstd(truth)
    assert np.nanmean((matched - truth) ** 2) <= 2.2e-5


def test_a_hemisphere_from_its_stereographic_map() -> None:
    """Coordinates in closed form, which are not quite conformal on the pixels' triangles."""
    shape = hemisphere(64)
    solution = solve_depth(shape.coordinates, shape.mask)
    assert solution.energy < 0.005
    assert error_of(solution.depth, shape) < 2
    assert solution.depth[shape.mask] == pytest.approx(centred(shape.depth)[shape.mask], abs=0.03)


@pytest.mark.parametrize("slope", [0.5, 2.0])
def test_an_inclined_plane_from_its_stretch(slope: float) -> None:
    """A roof would be as conformal, so the sign is told."""
    shape = inclined_plane(32, slope)
    solution = solve_depth(shape.coordinates, shape.mask, start=shape.depth)
    assert solution.energy == pytest.approx(0, abs=1e-9)
    assert solution.depth[shape.mask] == pytest.approx(centred(shape.depth)[shape.mask], abs=1e-4)


def test_the_size_of_the_texture_does_not_matter() -> None:
    """Nor where it starts or how it is turned."""
    shape = sphere(32)
    coordinates = flatten(shape.depth, shape.mask)
    once = solve_depth(coordinates, shape.mask)
    other = solve_depth(7 * coordinates @ [[0.6, -0.8], [0.8, 0.6]] + 3, shape.mask)
    assert other.energy == pytest.approx(once.energy, rel=1e-3)
    assert other.depth[shape.mask] == pytest.approx(once.depth[shape.mask], abs=1e-3)


@pytest.mark.parametrize("name", SHAPES)
def test_noisy_coordinates_give_a_smooth_shape(name: str) -> None:
    """Coordinates a pixel off: less bumpy and closer to the truth than without smoothing."""
    shape = SHAPES[name](64)
    coordinates = flatten(shape.depth, shape.mask) + smooth_displacement(64, rms=1, seed=0)
    smooth = solve_depth(coordinates, shape.mask).depth
    rough = solve_depth(coordinates, shape.mask, smoothness=0).depth
    assert smoothness_of(smooth, shape.mask) < smoothness_of(rough, shape.mask)
    assert error_of(smooth, shape) < min(14, error_of(rough, shape))


def test_exact_coordinates_are_not_smoothed() -> None:
    """The weight follows the noise, so that a cube keeps its edges."""
    shape = cube(48)
    coordinates = flatten(shape.depth, shape.mask)
    default = solve_depth(coordinates, shape.mask)
    assert (default.depth == solve_depth(coordinates, shape.mask, smoothness=0).depth)[shape.mask].all()


@pytest.mark.parametrize(
    "coordinates",
    [
        picture_plane(32) * [-1, 1],
        picture_plane(32) * 0,
        picture_plane(32) + np.random.default_rng(0).normal(0, 0.1, (32, 32, 2)),
        np.random.default_rng(1).normal(size=(32, 32, 2)),
    ],
    ids=["mirrored", "collapsed", "folded", "random"],
)
@pytest.mark.parametrize("robust", [True, False])
def test_useless_coordinates_give_a_finite_depth(coordinates: Floats, robust: bool) -> None:
    """It is for the quality figures to say that it is worth nothing."""
    mask = sphere(32).mask
    solution = solve_depth(coordinates, mask, robust=robust)
    assert (np.isfinite(solution.depth) == mask).all()
    assert np.abs(solution.depth[mask]).max() < 2


def test_parts_lie_at_the_same_depth() -> None:
    """Two balls side by side, as far apart in depth as the solver knows: not at all."""
    plane = picture_plane(64)
    squared = 0.4**2 - (np.abs(plane[..., 0]) - 0.5) ** 2 - plane[..., 1] ** 2
    mask = squared > 0.01
    depth = np.sqrt(np.where(mask, squared, np.nan))
    found = solve_depth(flatten(depth + (plane[..., 0] > 0), mask), mask).depth
    assert found[mask] == pytest.approx(centred(depth)[mask], abs=0.03)
    assert np.nanmean(found) == pytest.approx(0, abs=1e-12)


def test_what_carries_no_surface_is_left_out() -> None:
    """Threads, lone pixels, and pixels without coordinates."""
    mask = np.zeros((32, 32), bool)
    mask[8:24, 8:24] = True
    solid = mask.copy()
    mask[2, :] = mask[28, 30] = True
    coordinates = picture_plane(32)
    coordinates[8, 8] = np.nan
    solid[8, 8] = False
    assert (np.isfinite(solve_depth(coordinates, mask).depth) == solid).all()
    with pytest.raises(StageError, match="too thin"):
        solve_depth(coordinates, mask & ~solid)


def test_same_input_same_depth() -> None:
    """Bit for bit."""
    shape = sphere(32)
    coordinates = flatten(shape.depth, shape.mask) + smooth_displacement(32, rms=1, seed=0)
    once, again = (solve_depth(coordinates, shape.mask).depth for _ in range(2))
    assert once.tobytes() == again.tobytes()


def test_smoothness_is_the_mean_absolute_laplacian() -> None:
    """Of inner pixels only: a step at the border doesn't count."""
    rows = np.arange(12.0)
    mask = np.zeros((12, 12), bool)
    mask[2:9, 3:10] = True
    assert smoothness_of(-(rows[:, None] ** 2) / 2 + 0 * rows, mask) == pytest.approx(1)
    assert smoothness_of(np.where(mask, 5.0, np.nan), mask) == 0


def test_blurring_spreads_what_is_narrow_and_knows_no_outside() -> None:
    """A constant stays one up to the contour, a wide wave stays, a narrow one goes."""
    x = picture_plane(128)[..., 0]
    mask = np.hypot(*np.moveaxis(picture_plane(128), 2, 0)) < 0.8
    inner = np.hypot(*np.moveaxis(picture_plane(128), 2, 0)) < 0.5
    assert blurred(np.where(mask, 3.0, np.nan), 0.08)[mask] == pytest.approx(3.0)
    for period, left in ((0.1, 0.0), (1.0, np.exp(-2 * (np.pi * 0.08) ** 2))):
        wave = np.sin(2 * np.pi * x / period)
        found = blurred(np.where(mask, wave, np.nan), 0.08)
        assert (np.isfinite(found) == mask).all()
        assert found[inner] == pytest.approx(left * wave[inner], abs=0.03)
