# SPDX-License-Identifier: GPL-3.0-or-later
"""Solid textures and materials: values in range, tied to the object's points, not to the picture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from engine.training.draws import Draws, from_hsv
from engine.training.materials import Material, Pixels
from engine.training.textures import CELLS, PATTERNS, Noise, random_pictures
from engine.training.thing import MAX_PARTS

M = 3000


def draws(count: int, seed: int = 0, repeat: int = 1) -> Draws:
    return Draws(count, torch.Generator().manual_seed(seed), repeat)


@pytest.fixture(scope="module")
def noise() -> Noise:
    return Noise(torch.Generator().manual_seed(0))


def test_noise_is_continuous_periodic_and_of_unit_variance(noise: Noise) -> None:
    points = draws(M).uniform(-9, 9, 3)
    values = noise(points, 4)
    assert values.shape == (4, M)
    torch.testing.assert_close(values.std(1), torch.ones(4), atol=0.25, rtol=0)
    period = torch.tensor([[CELLS], [0], [-2 * CELLS]])
    torch.testing.assert_close(noise(points + period, 4), values, atol=1e-3, rtol=0)
    assert (noise(points + 1e-4, 4) - values).abs().max() < 0.02
    assert torch.corrcoef(values).tril(-1).abs().max() < 0.2


@pytest.mark.parametrize("pattern", PATTERNS)
def test_patterns_stay_in_range_and_vary(pattern: Callable[..., Tensor], noise: Noise) -> None:
    d = draws(M)
    points, shape = d.uniform(-4, 4, 3), torch.tensor([[0.5], [0.4]])
    value = pattern(points, torch.full((1, M), 0.02), shape, noise)
    assert value.shape == (1, M)
    assert value.min() >= 0
    assert value.max() <= 1
    assert value.std() > 0.05


def pixels(count: int, screen: Tensor) -> Pixels:
    """Pixels of `count` objects at the same points in each; `screen` (3, M)."""
    d, thing = draws(M, 1), torch.arange(M) % count
    part = thing * MAX_PARTS + torch.randint(MAX_PARTS, (M,), generator=d.generator)
    up = torch.tensor([[0.0], [0.0], [1.0]]).expand(3, M)
    return Pixels(
        index=torch.arange(M), picture=thing, thing=thing, part=part, points=d.uniform(-1, 1, 3), screen=screen,
        normal=up, to_camera=up, openness=torch.ones(4, M), lit=torch.ones(3, M), size=64,
    )  # fmt: skip


def test_colours_in_space_depend_on_the_point_alone() -> None:
    material = Material(draws(40), in_space=True)
    seen, elsewhere = (pixels(40, draws(M, seed).uniform(-1, 1, 3)) for seed in (2, 3))
    first, second = material.colours(seen), material.colours(replace(elsewhere, size=64))
    for a, b in zip(first, second, strict=True):
        assert torch.equal(a, b)
    assert first[0].min() >= 0
    assert first[0].max() <= 1
    flat = Material(draws(40), in_space=False)
    assert not torch.equal(flat.colours(seen)[0], flat.colours(elsewhere)[0])


def test_many_objects_are_plain_and_some_are_not() -> None:
    """Within a part of an object most colours vary little; some vary much."""
    material = Material(draws(60), in_space=True)
    p = pixels(60, torch.zeros(3, M))
    colour, _ = material.colours(replace(p, part=p.thing * MAX_PARTS))
    spread = torch.stack([colour[:, p.thing == k].std(1).amax() for k in range(60)])
    assert (spread < 0.08).float().mean() > 0.3
    assert (spread > 0.12).float().mean() > 0.1


def test_random_pictures_differ_and_say_where_their_shapes_are() -> None:
    pictures = random_pictures(draws(5), 32)
    assert pictures.shape == (5, 4, 32, 32)
    assert pictures.min() >= 0
    assert pictures.max() <= 1
    assert (pictures[0] - pictures[1]).abs().mean() > 0.05
    cover = pictures[:, 3].mean((1, 2))
    assert ((cover > 0) & (cover < 1)).all()


def test_hues() -> None:
    hue = torch.tensor([[0.0, 1 / 3, 2 / 3, 0.5]])
    expected = torch.tensor([[1.0, 0, 0, 0], [0, 1, 0, 1], [0, 0, 1, 1]])
    torch.testing.assert_close(from_hsv(hue, torch.ones(1, 4), torch.ones(1, 4)), expected)
    torch.testing.assert_close(from_hsv(hue, torch.zeros(1, 4), torch.full((1, 4), 0.3)), torch.full((3, 4), 0.3))


def test_draws_repeat_and_follow_their_odds() -> None:
    d = draws(12, repeat=4)
    for numbers in (d.uniform(0, 1, 2), d.normal(3), d.scale(0.1, 9), d.directions(), d.choice([1.0] * 99)[None]):
        grouped = numbers.reshape(len(numbers), 3, 4)
        assert (grouped == grouped[..., :1]).all()
        assert (grouped[:, 0] != grouped[:, 1]).any()
    many = draws(4000)
    assert float(many.chance(0.3).float().mean()) == pytest.approx(0.3, abs=0.03)
    assert float((many.choice([3, 0, 1]) == 2).float().mean()) == pytest.approx(0.25, abs=0.03)
    rotations = many.rotations().permute(2, 0, 1)
    torch.testing.assert_close(torch.linalg.det(rotations), torch.ones(4000))
