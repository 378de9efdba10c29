# SPDX-License-Identifier: GPL-3.0-or-later
"""The Laplacian of an image."""

from __future__ import annotations

import torch

from engine.geometry.laplacian import laplacian


def test_the_laplacian_of_a_parabola() -> None:
    """4 inside for x^2 + y^2 in pixels; outside the image there is 0."""
    rows = torch.arange(6.0)
    image = laplacian(rows[:, None] ** 2 + rows**2)
    assert (image[1:-1, 1:-1] == 4).all()
    assert image[0, 0] == 2
    assert image[5, 0] == 16 + 26 - 4 * 25
