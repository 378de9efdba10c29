# SPDX-License-Identifier: GPL-3.0-or-later
"""The surface network: what it takes, what it says, and that it can learn."""

from __future__ import annotations

from dataclasses import fields

import torch
from torch import Tensor

from engine.surface.encoder import CHANNELS, Encoder
from engine.surface.surface_network import Prediction, SurfaceNetwork


def network() -> SurfaceNetwork:
    """One whose answer depends on what it sees: the last layers aren't silent."""
    torch.manual_seed(0)
    model = SurfaceNetwork().eval()
    for layer in (model.head, *model.share):
        torch.nn.init.normal_(layer.weight, std=0.1)
    return model


def pictures() -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(1)
    mask = torch.zeros(2, 1, 64, 64)
    mask[:, :, 16:48, 20:40] = 1
    return torch.rand(2, 3, 64, 64, generator=generator), mask


def test_encoder_gives_a_pyramid() -> None:
    features = Encoder(3)(torch.zeros(1, 3, 64, 96))
    assert [f.shape[1] for f in features] == list(CHANNELS)
    assert [tuple(f.shape[2:]) for f in features] == [(32, 48), (16, 24), (8, 12), (4, 6), (2, 3)]


@torch.no_grad()
def test_everything_is_said_of_each_pixel() -> None:
    picture, mask = pictures()
    found = network()(picture, mask, torch.ones(2))
    assert found.mask.shape == found.depth.shape == found.thickness.shape == (2, 1, 64, 64)
    for unit in (found.normal, found.exit_normal, found.up):
        torch.testing.assert_close((unit**2).sum(1), torch.ones_like(unit[:, 0]), atol=1e-4, rtol=0)
    for positive in (found.concentration, found.depth_spread, found.thickness_spread, found.exit_concentration):
        assert float(positive.min()) > 0
    assert float(found.thickness.min()) >= 0
    assert found.pitch().abs().max() <= torch.pi / 2


@torch.no_grad()
def test_a_told_mask_hides_the_background() -> None:
    model, (picture, mask) = network(), pictures()
    other = torch.where(mask > 0, picture, 1 - picture)
    told, not_told = torch.ones(2), torch.zeros(2)
    same = model(picture, mask, told).normal - model(other, mask, told).normal
    assert float(same.abs().max()) < 1e-5
    assert float((model(picture, mask, not_told).mask - model(other, mask, not_told).mask).abs().max()) > 1e-3


@torch.no_grad()
def test_a_mask_that_is_not_told_does_not_count() -> None:
    model, (picture, mask) = network(), pictures()
    difference = model(picture, mask, torch.zeros(2)).depth - model(picture, 1 - mask, torch.zeros(2)).depth
    assert float(difference.abs().max()) == 0


@torch.no_grad()
def test_mirrored_twice_is_the_same() -> None:
    picture, mask = pictures()
    found = network()(picture, mask, torch.ones(2))
    again = found.mirrored().mirrored()
    for f in fields(Prediction):
        assert torch.equal(getattr(found, f.name), getattr(again, f.name))
    assert torch.equal(found.mirrored().normal[..., 0], found.normal[..., -1] * torch.tensor([-1.0, 1.0, 1.0])[:, None])


def test_it_has_no_more_parameters_than_agreed() -> None:
    assert sum(p.numel() for p in SurfaceNetwork().parameters()) < 8e6
