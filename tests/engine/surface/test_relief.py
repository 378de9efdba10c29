# SPDX-License-Identifier: GPL-3.0-or-later
"""From normals and depth to a relief, on surfaces known in closed form."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.errors import StageError
from engine.geometry.normals import normals
from engine.surface.estimate import SurfaceEstimate
from engine.surface.relief import relief
from tests.engine.geometry.analytic_shapes import (
    SHAPES,
    Floats,
    Shape,
    normal_error,
    picture_plane,
    smooth_displacement,
)

FLAT = np.zeros((64, 64))


def estimate(shape: Shape, depth: Floats, uncertainty: Floats | float = 0.2) -> SurfaceEstimate:
    """The true normals of `shape` with a `depth` and an `uncertainty`."""
    inside = np.where(shape.mask, 0.0, np.nan)
    images = (depth + inside, shape.normal, uncertainty + inside)
    return SurfaceEstimate(shape.mask, *(image.astype(np.float32) for image in images))


@pytest.mark.parametrize(
    ("name", "limit"), [("sphere", 2.7), ("cylinder", 4.5), ("cone", 4), ("torus", 4), ("cube", 6)]
)
def test_true_normals_give_the_true_shape(name: str, limit: float) -> None:
    """Also where the depth says little; to what finite differences leave at creases."""
    shape = SHAPES[name](64)
    found = relief(estimate(shape, 0.5 * shape.depth))
    assert (np.isfinite(found) == shape.mask).all()
    assert normal_error(normals(found, shape.mask), shape.normal) < limit
    error = found - shape.depth
    assert np.nanstd(error) < 0.25 * np.nanstd(shape.depth)


def test_the_depth_tells_the_whole() -> None:
    """A slope that normals don't show comes out in part."""
    shape = SHAPES["sphere"](64)
    slope = 0.5 * picture_plane(64)[..., 0]
    change = relief(estimate(shape, shape.depth + slope)) - relief(estimate(shape, shape.depth))
    share = np.nansum(change * slope) / np.sum(slope[shape.mask] ** 2)
    assert 0.05 < share < 0.5


def test_the_more_it_is_trusted_the_more_the_depth_tells() -> None:
    """Of a slope that normals don't show."""
    shape = SHAPES["sphere"](64)
    sloping = estimate(shape, shape.depth + 0.5 * picture_plane(64)[..., 0])
    error = [np.nanstd(relief(replace(sloping, anchor=anchor)) - sloping.depth) for anchor in (1.0, 10.0, 100.0)]
    assert error[0] > 2 * error[1] > 4 * error[2]


def test_a_jump_stays_a_jump() -> None:
    """Between two faces that look at the camera, one behind the other; no normal tells how far."""
    mask = np.hypot(*np.moveaxis(picture_plane(64), 2, 0)) < 0.9
    behind = picture_plane(64)[..., 0] < 0.1
    depth = np.where(behind, -0.45, 0.45)
    facing = np.dstack([FLAT, FLAT, FLAT + 1])
    found = relief(estimate(Shape(depth, facing, mask), depth))
    steps = np.diff(found, axis=1)
    assert np.nanmax(np.abs(steps)) > 0.7
    assert np.nanmedian(found[mask & ~behind]) - np.nanmedian(found[mask & behind]) == pytest.approx(0.9, abs=0.1)


def test_sure_normals_outweigh_unsure_ones() -> None:
    """Wrong normals harm less where they are known to be unsure."""
    shape = SHAPES["cylinder"](64)
    wrong = shape.normal + 4 * np.dstack([smooth_displacement(64, 4.0, seed=1, scale=3.0), FLAT])
    wrong /= np.linalg.norm(wrong, axis=-1, keepdims=True)
    left = np.broadcast_to(np.arange(64) < 32, (64, 64))
    mixed = Shape(shape.depth, np.where(left[..., None], wrong, shape.normal), shape.mask)

    def error(uncertainty: Floats | float) -> float:
        found = relief(estimate(mixed, shape.depth, uncertainty))
        return normal_error(np.where(left[..., None], normals(found, shape.mask), np.nan), shape.normal)

    assert error(np.where(left, 1.2, 0.1)) < 0.8 * error(0.3)


def test_parts_stand_where_the_depth_says() -> None:
    mask = np.zeros((64, 64), bool)
    mask[20:40, 5:25] = mask[20:40, 40:60] = True
    up = np.broadcast_to([0.0, 0.0, 1.0], (64, 64, 3))
    depth = np.where(np.arange(64) < 32, 0.3, -0.1) + FLAT
    assert relief(estimate(Shape(depth, up, mask), depth))[mask] == pytest.approx(depth[mask], abs=1e-3)


def test_normals_that_look_away_are_steep_and_no_more() -> None:
    shape = SHAPES["sphere"](64)
    rim = shape.normal[..., 2:] < 0.3
    turned = np.where(rim, shape.normal * [1, 1, -1], shape.normal)
    found = relief(estimate(Shape(shape.depth, turned, shape.mask), shape.depth))
    assert normal_error(normals(found, shape.mask), shape.normal) < 4


def test_a_thread_is_too_thin() -> None:
    mask = np.zeros((64, 64), bool)
    mask[:, 30] = True
    with pytest.raises(StageError, match="too thin"):
        relief(estimate(Shape(FLAT, np.broadcast_to([0.0, 0.0, 1.0], (64, 64, 3)), mask), FLAT))
