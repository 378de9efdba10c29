# SPDX-License-Identifier: GPL-3.0-or-later
"""The Laplace density."""

from __future__ import annotations

import math

import pytest
import torch

from engine.sdf.density import laplace_density


def test_the_formula() -> None:
    beta = 0.1
    distance = torch.tensor([-10.0, -0.1, 0.0, 0.1, 10.0])
    expected = [10.0, 10 * (1 - math.exp(-1) / 2), 5.0, 10 * math.exp(-1) / 2, 0.0]
    assert laplace_density(distance, beta).tolist() == pytest.approx(expected)


def test_its_slope_is_that_of_laplaces_distribution() -> None:
    beta = 0.2
    distance = torch.tensor([-0.3, -0.05, 0.05, 0.4], dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(laplace_density(distance, beta).sum(), distance)
    expected = -torch.exp(-distance.detach().abs() / beta) / (2 * beta**2)
    torch.testing.assert_close(slope, expected)
