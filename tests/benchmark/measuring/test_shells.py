# SPDX-License-Identifier: GPL-3.0-or-later
"""Distances of shells, on a ball."""

from __future__ import annotations

import numpy as np
import pytest

from tests.benchmark.measuring import shells

N = 64
CENTRES = (np.arange(N) + 0.5) / N * 2 - 1
X, Y = np.meshgrid(CENTRES, -CENTRES)
RADIUS = 0.8
MASK = np.hypot(X, Y) < RADIUS
FRONT = np.sqrt(np.maximum(RADIUS**2 - X**2 - Y**2, 0))


def _ball() -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    points = np.random.default_rng(1).normal(size=(8000, 3))
    return RADIUS * points / np.linalg.norm(points, axis=1, keepdims=True)


def _distance(front: np.ndarray, back: np.ndarray) -> tuple[float, float]:
    return shells.distance((front, back), (FRONT, -FRONT), MASK, 0.0, _ball(), RADIUS * 3**0.5)


def test_the_true_shell_is_near_wherever_it_is_put() -> None:
    chamfer, score = _distance(FRONT + 3, 3 - FRONT)
    assert chamfer < 0.02
    assert score > 0.99


def test_half_as_thick_is_farther_than_a_little_thinner() -> None:
    half, little = (_distance(share * FRONT, -share * FRONT)[0] for share in (0.5, 0.9))
    assert half > 2 * little


def test_a_thickness_that_is_off_by_a_tenth_of_the_extent() -> None:
    error = shells.thickness_error(FRONT + 0.1 * 2 * RADIUS, -FRONT, FRONT, -FRONT, MASK)
    assert error == pytest.approx(0.1, rel=0.02)


def test_a_shell_is_closed_and_follows_perspective() -> None:
    mask = np.zeros((N, N), bool)
    mask[10:20, 10:30] = True
    mask[40, 40] = True  # a needle
    corners = shells.triangles(np.full((N, N), 0.5), np.full((N, N), -0.5), mask, 0.0)
    quads = 9 * 19
    walls = 2 * (9 + 19)
    assert len(corners) == 2 * (2 * quads + walls + 1)
    pulled = shells.triangles(np.full((N, N), 0.5), np.full((N, N), -0.5), mask, 0.4)
    np.testing.assert_allclose(pulled[0, :, :2], 0.8 * corners[0, :, :2])
