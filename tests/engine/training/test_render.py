# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures of views: what follows the seed, what views of one object share, shadows, backgrounds, floors."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from engine.training import signed_distance as sd
from engine.training.draws import Draws
from engine.training.random_numbers import RandomNumbers, turn
from engine.training.render import render, scene
from engine.training.shapes import Caster, make_shape
from engine.training.thing import Thing
from engine.training.views import Camera, Views, gathered, random_lamps, select, unpack, view

N = 48
COUNT = 16


@pytest.fixture(scope="module")
def views() -> Views:
    """A ball on a box, on a floor, seen from a little above by as many cameras as a batch has."""
    parts = (sd.placed(sd.ellipsoid([0.4] * 3), None, (0, 0.5, 0)), sd.box([0.5, 0.2, 0.5]))
    shape = make_shape(Thing(parts), 48)
    assert shape is not None
    caster, rng = Caster(shape), RandomNumbers(torch.Generator().manual_seed(0))
    packed = []
    for _ in range(COUNT):
        rotation = turn(rng.uniform(-0.8, 0.8), rng.uniform(0.3, 0.6)).numpy()
        camera = Camera(rotation, 0.8, np.zeros(3, np.float32), 0.2)
        packed.append(view(caster, camera, random_lamps(rng), N, True, []))
    return unpack(gathered(packed), torch.device("cpu"))


def generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def repeated(views: Views, count: int) -> Views:
    """The first view `count` times."""
    return select(views, torch.zeros(count, dtype=torch.long))


def in_the_air(views: Views) -> Views:
    return replace(views, floor=torch.zeros_like(views.floor))


def empty(views: Views) -> Views:
    """The same views of nothing."""
    return replace(views, mask=torch.zeros_like(views.mask))


def grown(mask: Tensor, pixels: int) -> Tensor:
    return F.max_pool2d(mask, 2 * pixels + 1, 1, pixels)


def test_pictures_vary_stay_in_range_and_follow_their_seed(views: Views) -> None:
    first, again, other = (render(views, generator(seed)) for seed in (1, 1, 2))
    assert first.shape == (COUNT, 3, N, N)
    assert torch.equal(first, again)
    assert (first - other).abs().mean() > 0.05
    assert first.isfinite().all()
    assert first.min() >= 0
    assert first.max() <= 1


@pytest.mark.parametrize("size", [20, 32, 40])
def test_any_size_will_do(views: Views, size: int) -> None:
    small = {
        f.name: F.interpolate(getattr(views, f.name).float(), size, mode="nearest").to(getattr(views, f.name).dtype)
        for f in fields(Views)
        if getattr(views, f.name).ndim == 4
    }
    pictures = render(replace(views, **small), generator(0))
    assert pictures.shape == (COUNT, 3, size, size)
    assert pictures.isfinite().all()


def test_views_of_one_object_share_everything(views: Views) -> None:
    """The same view eight times as one object's is one picture; as eight objects' it is eight."""
    same = repeated(views, 8)
    together = scene(same, Draws(8, generator(3), 8))
    torch.testing.assert_close(together, together[:1].expand_as(together))
    apart = scene(same, Draws(8, generator(3)))
    assert (apart[0] - apart[1]).abs().mean() > 0.02


def test_two_objects_of_an_orbit_batch_differ(views: Views) -> None:
    pictures = scene(repeated(views, 16), Draws(16, generator(5), 8))
    torch.testing.assert_close(pictures[0], pictures[7])
    assert (pictures[7] - pictures[8]).abs().mean() > 0.02


def test_outside_the_mask_there_is_the_background_alone(views: Views) -> None:
    floating = in_the_air(views)
    pictures, behind = (scene(v, Draws(COUNT, generator(4))) for v in (floating, empty(floating)))
    outside = (grown(views.mask, 2) == 0).expand(-1, 3, -1, -1)
    torch.testing.assert_close(pictures[outside], behind[outside])
    inside = (grown(1 - views.mask, 2) == 0).expand(-1, 3, -1, -1)
    assert (pictures - behind)[inside].abs().mean() > 0.1


def test_the_background_does_not_repeat_itself(views: Views) -> None:
    behind = scene(empty(in_the_air(views)), Draws(COUNT, generator(4)))
    middle = behind[:, :, N // 2, N // 2]
    assert len(middle.unique(dim=0)) > COUNT / 2
    white = behind.flatten(1).amin(1) > 0.9
    plain = behind.flatten(2).std(2).amax(1) < 1e-3
    assert 0 < white.sum() < COUNT
    assert 0 < plain.sum() < COUNT


def test_shadows_darken_object_and_floor(views: Views) -> None:
    """With the lamps blocked on one half of the picture, that half is darker than with all of them everywhere."""
    shaded = torch.ones_like(views.lit)
    shaded[..., : N // 2] = 0
    light, dark = (
        torch.cat([scene(replace(views, lit=lit), Draws(COUNT, generator(seed))) for seed in range(3)])
        for lit in (torch.ones_like(views.lit), shaded)
    )
    for where in (views.mask, views.floor * (1 - grown(views.mask, 2))):
        left = where.repeat(3, 1, 1, 1).clone()
        left[..., N // 2 - 3 :] = 0
        change = ((dark - light) * left).sum((1, 2, 3)) / left.sum((1, 2, 3))
        assert change.mean() < -0.03
        assert (change < 0.02).float().mean() > 0.9


def test_parts_have_their_own_colours(views: Views) -> None:
    """Ball and box differ in colour in most pictures."""
    pictures = scene(views, Draws(COUNT, generator(6)))
    number = views.part[views.mask > 0].unique()
    assert len(number) == 2
    means = [
        (pictures * chosen).sum((2, 3)) / chosen.sum((2, 3))
        for chosen in (((views.part == k) & (views.mask > 0)).float() for k in number)
    ]
    assert ((means[0] - means[1]).abs().amax(1) > 0.1).float().mean() > 0.5


def test_less_sky_means_less_light(views: Views) -> None:
    """A crevice, half as open as the rest, is darker than the rest (ambient occlusion)."""
    closed = views.openness.clone()
    closed[..., : N // 2] *= 0.3
    open_, crevice = (
        scene(in_the_air(replace(views, openness=openness)), Draws(COUNT, generator(7)))
        for openness in (views.openness, closed)
    )
    left = views.mask.clone()
    left[..., N // 2 :] = 0
    assert ((crevice - open_) * left).sum() / left.sum() < -0.1
