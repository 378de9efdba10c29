# SPDX-License-Identifier: GPL-3.0-or-later
"""ToneCurve, blur, JPEG and the other faults of cameras."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from engine.training.camera_response import ToneCurve, jpeg, photographed, reflectance
from engine.training.draws import Draws
from engine.training.filters import gaussian, softened

N = 48


def draws(count: int, seed: int = 0, repeat: int = 1) -> Draws:
    return Draws(count, torch.Generator().manual_seed(seed), repeat)


def smooth_pictures(count: int) -> Tensor:
    noise = torch.rand(count, 3, N, N, generator=torch.Generator().manual_seed(1))
    return gaussian(noise, torch.full((count,), 3.0)) * 3 - 1


@pytest.mark.parametrize("sigma", [0.7, 1.5, 3.0, 5.0])
def test_blur_spreads_a_point_as_told(sigma: float) -> None:
    point = torch.zeros(1, 1, 65, 65)
    point[..., 32, 32] = 1
    blurred = gaussian(point, torch.tensor([sigma]))[0, 0]
    offsets = torch.arange(65) - 32.0
    assert float(blurred.sum()) == pytest.approx(1, abs=0.01)
    for axis in (0, 1):
        assert float((blurred.sum(axis) * offsets**2).sum().sqrt()) == pytest.approx(sigma, rel=0.25)


def test_each_picture_is_blurred_by_its_own_width_and_plain_ones_stay() -> None:
    pictures = torch.rand(3, 3, N, N, generator=torch.Generator().manual_seed(0))
    blurred = gaussian(pictures, torch.tensor([0.01, 1.0, 6.0]))
    torch.testing.assert_close(blurred[0], pictures[0])
    spread = blurred.std((1, 2, 3))
    assert spread[0] > 2 * spread[1] > 4 * spread[2]
    plain = torch.full((2, 1, 31, 31), 0.4)
    torch.testing.assert_close(gaussian(plain, torch.tensor([1.0, 9.0])), plain)
    torch.testing.assert_close(softened(plain), plain)


def test_jpeg_rounds_more_at_lower_quality_and_leaves_plain_pictures_alone() -> None:
    pictures = smooth_pictures(1).clamp(0, 1)
    fine, coarse = ((jpeg(pictures, torch.tensor([q])) - pictures).abs().mean() for q in (0.95, 0.2))
    assert 0 < fine < 0.01
    assert coarse > 2 * fine
    grey = torch.full((1, 3, 41, 41), 0.6)  # not whole blocks
    assert (jpeg(grey, torch.tensor([0.9])) - grey).abs().max() < 0.01


def test_jpeg_works_in_blocks() -> None:
    """A point changes nothing beyond its block of 16 x 16 (colour is halved) and the blend of neighbouring colours."""
    picture = torch.full((1, 3, N, N), 0.5)
    changed = picture.clone()
    changed[..., 8, 8] = 1
    difference = (jpeg(changed, torch.tensor([0.5])) - jpeg(picture, torch.tensor([0.5]))).abs()[0].amax(0)
    assert difference[:8, :8].max() > 0 or difference[8:16, 8:16].max() > 0.1
    assert difference[20:].max() == 0
    assert difference[:, 20:].max() == 0


def test_film_keeps_the_order_of_light() -> None:
    tone = ToneCurve(draws(50))
    light = torch.linspace(0, 2, 40)
    developed = tone.develop(light.repeat(3, 50), torch.arange(50).repeat_interleave(40)).reshape(3, 50, 40)
    assert (developed.diff(dim=2) >= -1e-6).all()
    assert developed.min() >= 0
    assert developed.max() <= 1
    assert developed[..., -1].min() > 0.9
    assert developed[..., 0].max() < 0.1
    assert reflectance(torch.tensor([0.0, 0.5, 1.0])).diff().min() > 0


def test_some_pictures_stay_clean_others_get_faults() -> None:
    pictures = smooth_pictures(64).clamp(0, 1)
    taken = photographed(pictures, draws(64))
    error = (taken - pictures).abs().mean((1, 2, 3))
    assert 0.15 < (error == 0).float().mean() < 0.6
    assert error.max() > 0.02
    assert taken.min() >= 0
    assert taken.max() <= 1
    grey = (taken - taken.mean(1, keepdim=True)).abs().amax((1, 2, 3)) < 1e-6
    assert 0 < grey.sum() < 16


def test_an_orbit_has_one_camera_but_its_own_noise() -> None:
    pictures = smooth_pictures(1).clamp(0.2, 0.8).repeat(32, 1, 1, 1)
    taken = photographed(pictures, draws(32, repeat=8)).reshape(4, 8, 3, N, N)
    for views in taken:
        apart = (views - views[:1]).abs().mean()
        assert apart < 0.05
        assert torch.allclose(views.mean((1, 2, 3)), views.mean(), atol=0.005)
