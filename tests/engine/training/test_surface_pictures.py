# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures that the surface network learns from: what is said of them is true of what they show."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from engine.training import surface_spool
from engine.training.cutouts import Photographs
from engine.training.surface_pictures import joined, moved, photographed, things_cut_out, things_in_scenes
from engine.training.surface_shards import Shards
from tests.engine.training import balls

N = balls.N


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Shards:
    folder = tmp_path_factory.mktemp("things")
    balls.things(folder, "train", "balls", 3, coloured=True)
    return Shards(sorted(folder.glob("*.json")))


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Photographs:
    folder = tmp_path_factory.mktemp("pictures")
    names = [f"disc {k}" for k in range(20)]
    subjects, behind = balls.photographs(folder, names), balls.backgrounds(folder, names)
    found = Photographs([subjects], [behind])
    kept = Photographs([subjects], [behind], development=True)
    assert kept.subjects
    assert len(found.subjects) + len(kept.subjects) == len(names)
    return found


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(2)


def test_a_balls_layers_are_read_as_they_are(shards: Shards) -> None:
    assert len(shards) == 3
    ball = shards.read([shards.objects[0][0]], N // 2)
    depth = ball.views.depth
    torch.testing.assert_close(ball.thickness, 2 * depth, atol=2e-3, rtol=0)
    seen = ball.views.mask > 0
    across = (ball.views.normal * ball.exit_normal).sum(1, keepdim=True)[seen]
    expected = 1 - 2 * (depth[seen] / balls.RADIUS) ** 2
    torch.testing.assert_close(across, expected, atol=0.03, rtol=0)


def test_up_is_where_the_camera_says(shards: Shards) -> None:
    ball = shards.read([shards.objects[0][0]], N)
    up = ball.views.rotation[:, :, 1]
    torch.testing.assert_close(torch.asin(up[:, 2]), torch.tensor([0.5]))


def test_what_is_drawn_smaller_is_thinner_by_as_much(shards: Shards) -> None:
    ball = shards.read([shards.objects[0][1]], N)
    half = moved(ball, torch.tensor([0.5]), torch.tensor([[0.2, -0.1]]))
    assert abs(float(half.views.mask.sum() / ball.views.mask.sum()) - 0.25) < 0.02
    assert abs(float(half.thickness.max() / ball.thickness.max()) - 0.5) < 0.02
    rows, columns = half.views.mask[0, 0].nonzero().float().mean(0).tolist()
    assert abs((columns + 0.5) / N * 2 - 1 - 0.2) < 0.05
    assert abs(1 - (rows + 0.5) / N * 2 + 0.1) < 0.05


def test_scenes_hide_their_mask_and_show_the_thing(shards: Shards, photos: Photographs) -> None:
    sample = things_in_scenes(shards, photos, 6, N, generator())
    assert not sample.known.any()
    assert sample.picture.min() >= 0
    assert sample.picture.max() <= 1
    assert 0 < float(sample.truth.mask.mean()) < 0.6


def test_photographs_lie_where_their_mask_is(photos: Photographs) -> None:
    sample = photographed(photos, 12, N, generator())
    inside = sample.truth.mask > 0.9
    redness = sample.picture[:, :1] - sample.picture[:, 2:]
    assert float(redness[inside].mean()) > float(redness[sample.truth.mask < 0.1].mean()) + 0.2
    assert not sample.truth.surface.any()
    assert not sample.truth.upright.any()


def test_what_was_drawn_comes_out_of_the_reservoir(shards: Shards, photos: Photographs, tmp_path: Path) -> None:
    drawn = joined([things_cut_out(shards, 4, N, generator()), photographed(photos, 4, N, generator())])
    surface_spool.put(tmp_path, 0, drawn)
    reservoir = surface_spool.Reservoir(tmp_path, 6)
    reservoir.look()
    sample = reservoir.draw(3, generator())
    assert len(reservoir) == 6
    assert not list(tmp_path.glob("*.safetensors"))
    again = surface_spool.unpacked(surface_spool.packed(drawn))
    torch.testing.assert_close(again.picture, drawn.picture, atol=3e-3, rtol=0)
    torch.testing.assert_close(again.truth.normal, drawn.truth.normal, atol=2e-2, rtol=0)
    twice = surface_spool.mirrored(surface_spool.mirrored(sample))
    assert torch.equal(twice.truth.normal, sample.truth.normal)
    assert torch.equal(twice.picture, sample.picture)
