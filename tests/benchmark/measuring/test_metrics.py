# SPDX-License-Identifier: GPL-3.0-or-later
"""The benchmarks' figures, on surfaces for which they are known."""

from __future__ import annotations

import numpy as np
import pytest

from tests.benchmark.measuring import metrics

EVERYWHERE = np.ones((8, 8), bool)
RAMP = np.broadcast_to(np.linspace(-3.0, 5.0, 8), (8, 8))  # range 8
FACING = np.broadcast_to([0.0, 0.0, 1.0], (8, 8, 3))


def tilted(degrees: float) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Normals (8, 8, 3) turned by `degrees` to the right."""
    angle = np.radians(degrees)
    return np.broadcast_to([np.sin(angle), 0.0, np.cos(angle)], (8, 8, 3))


def test_normals() -> None:
    """The angle itself, and 2/3 a component for perpendicular ones."""
    assert metrics.normal_angle(tilted(30), FACING, EVERYWHERE) == pytest.approx(30)
    assert metrics.normal_mse(tilted(90), FACING, EVERYWHERE) == pytest.approx(2 / 3)


def test_only_what_counts_is_measured() -> None:
    """Nothing outside of it, not even a NaN."""
    wrong, half = tilted(0).copy(), EVERYWHERE.copy()
    wrong[:4], half[:4] = np.nan, False
    assert metrics.normal_angle(wrong, FACING, half) == 0


@pytest.mark.parametrize("error", [metrics.depth_rmse, metrics.depth_mse])
def test_scale_and_offset_of_a_depth_are_free(error: metrics.DepthError) -> None:
    """As no picture tells them."""
    assert error(0.1 * RAMP + 7, RAMP, EVERYWHERE) == pytest.approx(0, abs=1e-9)


def test_a_flat_depth_leaves_the_truths_deviation() -> None:
    """In units of the true range."""
    flat, deviation = np.full((8, 8), 2.0), RAMP.std() / 8
    assert metrics.depth_rmse(flat, RAMP, EVERYWHERE) == pytest.approx(deviation)
    assert metrics.depth_mse(flat, RAMP, EVERYWHERE) == pytest.approx(deviation**2)


def test_an_inverted_depth_is_wrong() -> None:
    """A dent where there is a bump isn't made right by a negative scale."""
    deviation = RAMP.std() / 8
    assert metrics.depth_rmse(-RAMP, RAMP, EVERYWHERE) == pytest.approx(deviation)
    assert metrics.depth_mse(-RAMP, RAMP, EVERYWHERE) == pytest.approx(4 * deviation**2)


def test_intersection_over_union() -> None:
    """Half covered is covered."""
    left, upper = np.zeros((8, 8)), np.zeros((8, 8))
    left[:, :4], upper[:4] = 0.5, 1.0
    assert metrics.intersection_over_union(left, upper) == pytest.approx(16 / 48)
