# SPDX-License-Identifier: GPL-3.0-or-later
"""Values of an image between its pixels."""

from __future__ import annotations

import torch

from engine.geometry.sampling import bilinear, nearest

IMAGE = torch.arange(16.0).reshape(4, 4)
PLACES = torch.tensor([[0.5, 0.5], [2.0, 0.5], [2.5, 3.5], [9.0, -3.0]])
"""Column and row: the first pixel's centre, between two, another centre, beyond the corner."""


def test_between_centres_values_are_mixed() -> None:
    torch.testing.assert_close(bilinear(IMAGE, PLACES), torch.tensor([0.0, 1.5, 14.0, 3.0]))
    colors = torch.stack([IMAGE, -IMAGE], -1)
    torch.testing.assert_close(bilinear(colors, PLACES)[:, 1], -bilinear(IMAGE, PLACES))


def test_the_nearest_pixel_is_the_one_around() -> None:
    assert nearest(IMAGE, PLACES).tolist() == [0, 2, 14, 3]
