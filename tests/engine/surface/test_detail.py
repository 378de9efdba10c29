# SPDX-License-Identifier: GPL-3.0-or-later
"""Fine parts from a closer look: on what both looks agree on, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.surface.detail import with_fine_parts
from engine.surface.estimate import SurfaceEstimate
from tests.engine.geometry.analytic_shapes import normal_error, picture_plane

X, Y = np.moveaxis(picture_plane(128), 2, 0)
DISC = np.hypot(X, Y) < 0.8


def seen(across: NDArray[np.float64], up: NDArray[np.float64], uncertainty: float = 0.2) -> SurfaceEstimate:
    """A surface with these slopes, equally sure everywhere."""
    normal = np.dstack([-across, -up, np.ones_like(X)])
    normal = np.where(DISC[..., None], normal / np.linalg.norm(normal, axis=-1, keepdims=True), np.nan)
    depth, unsure = (np.where(DISC, value, np.nan).astype(np.float32) for value in (X, uncertainty))
    return SurfaceEstimate(DISC, depth, normal.astype(np.float32), unsure)


def error(found: SurfaceEstimate, true: SurfaceEstimate) -> float:
    return normal_error(found.normal.astype(float), true.normal.astype(float))


RIPPLES = 0.3 * np.sin(60 * X)
BOWL, RIPPLED = seen(0.5 * X, 0.5 * Y), seen(0.5 * X + RIPPLES, 0.5 * Y)


def test_ripples_that_only_the_closer_look_sees_are_added() -> None:
    assert error(BOWL, RIPPLED) > 8
    assert error(with_fine_parts(BOWL, RIPPLED), RIPPLED) < 1.5


def test_the_whole_stays_as_it_was() -> None:
    slightly_tilted = seen(0.5 * X + 0.15, 0.5 * Y)
    assert error(with_fine_parts(BOWL, slightly_tilted), BOWL) < 0.2 * error(slightly_tilted, BOWL)


def test_ripples_on_another_whole_are_none() -> None:
    rippled_elsewhere = seen(0.5 * X + 0.8 + RIPPLES, 0.5 * Y)
    assert error(with_fine_parts(BOWL, rippled_elsewhere), BOWL) < 3


def test_a_look_that_is_less_sure_counts_less() -> None:
    unsure = seen(0.5 * X + RIPPLES, 0.5 * Y, uncertainty=0.6)
    added = error(with_fine_parts(BOWL, unsure), BOWL) / error(with_fine_parts(BOWL, RIPPLED), BOWL)
    assert added == pytest.approx(2 * 0.6**-2 / (0.6**-2 + 0.2**-2), abs=0.03)


def test_all_else_is_the_first_look() -> None:
    found = with_fine_parts(BOWL, RIPPLED)
    assert found.depth is BOWL.depth
    assert found.uncertainty is BOWL.uncertainty
    assert (np.isfinite(found.normal[..., 0]) == DISC).all()
    assert np.linalg.norm(found.normal[DISC], axis=-1) == pytest.approx(1, abs=1e-5)
