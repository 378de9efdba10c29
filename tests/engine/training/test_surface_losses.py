# SPDX-License-Identifier: GPL-3.0-or-later
"""The surface network's losses: each is least at the truth, and sees what it is for."""

from __future__ import annotations

import torch
from torch import Tensor

from engine.training.surface_losses import angular, centred, coarse, laplace, mask_loss, tilt

N = 32


def disc() -> Tensor:
    axis = (torch.arange(N) + 0.5) / N * 2 - 1
    return (torch.hypot(axis[:, None], axis) < 0.8).float()[None, None]


def plane(right: float, up: float) -> Tensor:
    axis = (torch.arange(N) + 0.5) / N * 2 - 1
    x, y = torch.meshgrid(axis, -axis, indexing="xy")
    return (right * x + up * y)[None, None]


def test_tilt_is_the_slope_of_the_error_as_a_whole() -> None:
    error = centred(plane(0.3, -0.4) + 5, disc())
    assert abs(float(tilt(error, disc())) - 0.5) < 0.01
    ripples = centred(0.3 * torch.cos(plane(40, 0)), disc())
    assert float(tilt(ripples, disc())) < 0.02


def test_coarse_sees_the_whole_and_no_ripples() -> None:
    checks = torch.ones(1, 1, N, N)
    checks[..., ::2] *= -1
    checks[..., ::2, :] *= -1
    assert float(coarse(checks * disc(), disc(), 8)) < 0.05
    assert float(coarse(centred(plane(0.5, 0), disc()), disc(), 8)) > 0.1


def test_a_constant_is_no_error_of_depth() -> None:
    assert float(centred(disc() * 3, disc()).abs().max()) < 1e-5


def test_laplace_is_least_where_the_spread_is_the_mean_error() -> None:
    error = plane(0.5, 0) * disc()
    mean = float(error.abs().sum() / disc().sum())
    values = [float(laplace(error, torch.full_like(error, s * mean), disc())) for s in (0.7, 1.0, 1.4)]
    assert values[1] < min(values[0], values[2])


def test_angular_counts_angles_within_the_mask_only() -> None:
    true = torch.tensor([0.0, 0.0, 1.0])[None, :, None, None].expand(1, 3, N, N)
    turned = torch.tensor([0.6, 0.0, 0.8])[None, :, None, None].expand(1, 3, N, N)
    sure = torch.ones(1, 1, N, N)
    right, wrong = angular(true, true, sure, disc()), angular(turned, true, sure, disc())
    mixed = angular(torch.where(disc() > 0, true, turned), true, sure, disc())
    assert float(wrong) > float(right) + 1
    assert abs(float(mixed) - float(right)) < 1e-5


def test_mask_loss_asks_only_where_it_should() -> None:
    good, bad = (2 * disc() - 1) * 9, (1 - 2 * disc()) * 9
    both, true = torch.cat([good, bad]), torch.cat([disc(), disc()])
    assert float(mask_loss(both, true, torch.tensor([1.0, 0.0]))) < 0.05
    assert float(mask_loss(both, true, torch.tensor([0.0, 1.0]))) > 5
