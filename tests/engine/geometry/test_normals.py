# SPDX-License-Identifier: GPL-3.0-or-later
"""Normals of a depth map."""

from __future__ import annotations

import numpy as np
import pytest

from engine.geometry.normals import normals
from tests.engine.geometry.analytic_shapes import picture_plane


def test_normals_of_a_plane_are_exact_up_to_the_border() -> None:
    """x right, y up, z towards the camera."""
    plane = picture_plane(16)
    mask = (plane**2).sum(-1) < 0.6
    mask[0, 0] = True
    normal = normals(0.5 * plane[..., 0] - 2 * plane[..., 1], mask)
    expected = np.array([-0.5, 2, 1]) / np.sqrt(5.25)
    assert np.isnan(normal[~mask]).all()
    assert normal[0, 0].tolist() == [0, 0, 1]  # no neighbour, no slope
    mask[0, 0] = False
    assert normal[mask] == pytest.approx(np.broadcast_to(expected, (mask.sum(), 3)))
