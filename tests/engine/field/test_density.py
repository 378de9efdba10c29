# SPDX-License-Identifier: GPL-3.0-or-later
"""Optical depths by Laplace's distribution."""

from __future__ import annotations

import math

import pytest
import torch

from engine.field.density import log_laplace, optical_depth

BETA = 0.1


def test_the_distribution() -> None:
    distance = torch.tensor([-1.0, -0.1, 0.0, 0.1, 10.0])
    expected = [-10 - math.log(2), -1 - math.log(2), -math.log(2), math.log(1 - math.exp(-1) / 2), 0]
    assert log_laplace(distance, BETA).tolist() == pytest.approx(expected)


def test_inside_the_density_is_one_over_beta() -> None:
    """Along a ray that goes straight in; half of it where it goes in at 60 degrees."""
    start = torch.tensor([-0.2, -0.2])
    assert optical_depth(start, start - torch.tensor([0.03, 0.015]), BETA).tolist() == pytest.approx([0.3, 0.15])


def test_outside_it_is_the_laplace_density() -> None:
    """Over 1 - exp(-distance / beta) / 2, which is hardly less than 1 there."""
    distance, length = torch.tensor([0.3, 0.5], dtype=torch.float64), 1e-4
    found = optical_depth(distance + length / 2, distance - length / 2, BETA) / length
    tail = torch.exp(-distance / BETA) / 2
    torch.testing.assert_close(found, tail / BETA / (1 - tail), rtol=1e-4, atol=0)


def test_half_of_the_light_gets_to_the_surface_from_whatever_angle() -> None:
    far, surface = torch.tensor([5.0]), torch.tensor([0.0])
    assert float(torch.exp(-optical_depth(far, surface, BETA))) == pytest.approx(0.5)


def test_on_the_way_out_nothing_is_met() -> None:
    assert float(optical_depth(torch.tensor(-0.1), torch.tensor(0.2), BETA)) == 0


def test_its_slopes() -> None:
    start = torch.tensor([0.3, 0.05, -0.02], dtype=torch.float64, requires_grad=True)
    end = torch.tensor([0.2, -0.04, -0.3], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda a, b: optical_depth(a, b, BETA), (start, end))
