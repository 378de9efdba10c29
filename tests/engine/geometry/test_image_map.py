# SPDX-License-Identifier: GPL-3.0-or-later
"""Maps of an image."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from engine.geometry.conformal_map import flatten_near_identity
from engine.geometry.image_map import (
    continued,
    coordinates_everywhere,
    identity_map,
    jacobian_determinant,
    pixel_centres,
)
from engine.geometry.inflation import inflate


def test_the_identity_is_where_the_pixels_are() -> None:
    """Row 0 on top, so that y falls from row to row; the tensor as the array."""
    centres = pixel_centres(4)
    assert centres[0, 3].tolist() == [0.75, 0.75]
    assert centres[3, 1].tolist() == [-0.25, -0.75]
    np.testing.assert_array_equal(identity_map(4, torch.empty(0))[0].permute(1, 2, 0), centres)


def test_determinant_of_scaled_mirrored_and_sheared_maps() -> None:
    x = identity_map(8, torch.empty(0))
    torch.testing.assert_close(jacobian_determinant(x), torch.ones(1, 7, 7))
    torch.testing.assert_close(jacobian_determinant(2 * x), torch.full((1, 7, 7), 4.0))
    torch.testing.assert_close(jacobian_determinant(x * torch.tensor([-1.0, 1.0])[:, None, None]), -torch.ones(1, 7, 7))
    sheared = torch.stack([x[:, 0] + 0.5 * x[:, 1], x[:, 1]], 1)
    torch.testing.assert_close(jacobian_determinant(sheared), torch.ones(1, 7, 7))


def test_continued_coordinates_are_displaced_as_their_nearest_neighbours() -> None:
    identity, shift = pixel_centres(16), np.array([0.2, -0.1])
    known = np.zeros((16, 16), bool)
    known[4:9, 3:7] = True
    moved = np.where(known[..., None], identity + shift, np.nan)
    assert continued(moved) == pytest.approx(identity + shift)
    moved[4:9, 6] = identity[4:9, 6]
    assert continued(moved)[6, 12] == pytest.approx(identity[6, 12])
    assert continued(moved)[6, 0] == pytest.approx(identity[6, 0] + shift)


def test_a_disc_inflates_to_the_stereographic_map() -> None:
    """u = x / (1 + z) on the unit sphere, up to a scale, away from the rim."""
    identity = pixel_centres(64)
    radius = np.linalg.norm(identity, axis=-1)
    mask = radius < 0.8
    found = coordinates_everywhere(flatten_near_identity(inflate(mask), mask))
    inner = radius < 0.6
    exact = identity / (1 + np.sqrt(np.maximum(1 - (radius / 0.8) ** 2, 0)))[..., None]
    scale = (found * exact)[inner].sum() / (exact**2)[inner].sum()
    assert np.abs(found - scale * exact)[inner].max() < 0.02
    assert (found[~mask] == identity[~mask]).all()
