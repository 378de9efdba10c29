# SPDX-License-Identifier: GPL-3.0-or-later
"""The field as networks: its start, its derivatives, its density, its samples, and that it learns."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from engine.field.grid import HALF
from engine.field.neural_field import FeatureGrids, NeuralField, Waves, neural_field
from engine.field.neural_render import density, render, sample_depths
from engine.field.neural_training import NeuralSchedule, NeuralTraining
from engine.field.render import FAR, NEAR
from engine.field.view import View
from engine.methods.pop3d.cameras import RING, WINDOW_FIELD_OF_VIEW, camera_at
from tests.engine.field.analytic_views import sphere_view

FINEST = (None, 16)
RADIUS = 0.7


@pytest.fixture(scope="module")
def views() -> list[View]:
    return [sphere_view(camera_at(place, 48, WINDOW_FIELD_OF_VIEW), RADIUS) for place in RING[::2]]


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def points(count: int) -> Tensor:
    return (torch.rand(count, 3, generator=generator()) * 2 - 1) * HALF


@pytest.mark.parametrize("finest", FINEST)
@pytest.mark.parametrize(("layers", "width"), [(8, 256), (2, 64)])
def test_it_starts_as_the_unit_sphere(finest: int | None, layers: int, width: int) -> None:
    field = neural_field(finest, layers, width, 0)
    directions = F.normalize(points(500), dim=1)
    inside, surface, outside = (field.seen_at(radius * directions)[0].detach() for radius in (0.5, 1.0, 1.5))
    assert inside.max() < 0 < outside.min()
    assert surface.mean().abs() < 0.02
    assert surface.std() < 0.25
    _, gradient, color = field.seen_at(directions)
    assert 0.7 < float((gradient * directions).detach().sum(1).mean()) < 1.1
    assert color.min() >= 0
    assert color.max() <= 1


def test_the_seed_decides_the_start() -> None:
    one, again, other = (neural_field(None, 2, 8, seed).distance(points(5))[0] for seed in (1, 1, 2))
    assert torch.equal(one, again)
    assert not torch.equal(one, other)


@pytest.mark.parametrize("finest", FINEST)
def test_gradients_are_the_slopes(finest: int | None) -> None:
    """And can be derived once more, as the eikonal loss needs it."""
    field = neural_field(finest, 2, 8, 0).double()
    places = points(4).double()
    step = 1e-6
    moved = [field.distance(places + step * axis)[0] for axis in torch.eye(3, dtype=torch.float64)]
    slopes = torch.stack([(one - field.distance(places)[0]) / step for one in moved], 1)
    torch.testing.assert_close(field.gradient(places), slopes, atol=1e-4, rtol=1e-3)
    assert torch.autograd.gradgradcheck(lambda x: field.distance(x)[0], places.requires_grad_(), atol=1e-4)


def test_waves_and_grids_keep_the_place() -> None:
    places = points(6)
    encoded = Waves()(places)
    assert encoded.shape == (6, Waves.channels)
    torch.testing.assert_close(encoded[:, :3], places)
    torch.testing.assert_close(encoded[:, 3 + 3 : 3 + 6], (2 * places).sin())
    grids = FeatureGrids(16)
    assert [len(grid[0]) for grid in grids.grids] == [2, 4, 8, 16]
    assert grids(places).shape == (6, grids.channels)


def test_density_is_laplaces() -> None:
    """1 / beta deep inside, half of it on the surface, exp(-1) / 2 of it one beta outside."""
    found = density(torch.tensor([-10.0, 0.0, 0.1]), torch.tensor(0.1))
    torch.testing.assert_close(found, torch.tensor([10.0, 5.0, 5.0 * math.exp(-1)]))


def test_samples_lie_where_the_light_is_stopped() -> None:
    field = neural_field(None, 2, 64, 0)
    field.raw_beta.data.fill_(0.01)
    camera = camera_at(RING[0], 8, 10)
    rays = camera.rays().reshape(-1, 3)
    depth = sample_depths(field, camera.eye.expand_as(rays), rays, 64, generator())
    assert depth.shape == (64, 64)
    assert (depth.diff(dim=1) >= 0).all()
    assert depth.min() > NEAR - 0.1
    assert depth.max() < FAR + 0.1
    there = (depth > 1.85) & (depth < 2.15)
    assert there.float().mean() > 0.35  # evenly it would be 0.05, the unit sphere begins at NEAR

    shown, gradient = render(field, camera.eye.expand_as(rays), rays, 64, generator())
    assert shown.opacity.detach().min() > 0.95
    assert float((shown.depth.detach() - 2).abs().max()) < 0.2
    assert gradient.shape == (64 * 64, 3)


@pytest.mark.parametrize("finest", FINEST)
def test_a_sphere_is_learned_from_its_views(views: list[View], finest: int | None) -> None:
    """Their depth counts up to scale and shift."""
    odd = [view.with_depth(3 * view.depth - 1) for view in views]
    field = neural_field(finest, 2, 32, 0)
    run = NeuralTraining(field, odd, NeuralSchedule(60, rays=128, samples=24, rate=3e-3), generator())
    surface = RADIUS * F.normalize(points(500), dim=1)

    def error() -> float:
        return float(field.distance(surface)[0].detach().abs().mean())

    before = error()
    losses = [run.step() for _ in range(60)]
    assert error() < 0.7 * before
    assert sum(losses[-5:]) < 0.4 * sum(losses[:5])
    voxels = field.on_voxels(16)
    assert voxels.color.shape == (3, 16, 16, 16)
    assert (voxels.color[:, 0, 0, 0] == 0.5).all()  # far from the surface


def test_same_seed_same_bits(views: list[View]) -> None:
    def trained(seed: int) -> NeuralField:
        field = neural_field(16, 2, 8, 0)
        run = NeuralTraining(field, views, NeuralSchedule(2, rays=32, samples=8), generator(seed))
        run.step()
        run.step()
        return field

    one, again, other = (trained(seed).distance(points(5))[0] for seed in (1, 1, 2))
    assert torch.equal(one, again)
    assert not torch.equal(one, other)
