# SPDX-License-Identifier: GPL-3.0-or-later
"""Every pixel finds the nearest one of which something is known."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from engine.geometry.nearest import nearest_known


def test_what_is_known_stays_and_the_rest_is_as_near_as_can_be() -> None:
    known = np.random.default_rng(0).random((13, 17)) < 0.1
    row, column = nearest_known(known)
    assert known[row, column].all()
    here = np.indices(known.shape)
    np.testing.assert_array_equal(np.stack([row, column])[:, known], here[:, known])
    distance = np.hypot(row - here[0], column - here[1])
    closest, _ = cKDTree(np.argwhere(known)).query(np.moveaxis(here, 0, -1))
    np.testing.assert_allclose(distance, closest)


def test_an_image_is_filled_with_it() -> None:
    image = np.array([[np.nan, 2.0, np.nan, np.nan, 5.0]])
    np.testing.assert_array_equal(image[nearest_known(np.isfinite(image))], [[2, 2, 2, 5, 5]])
