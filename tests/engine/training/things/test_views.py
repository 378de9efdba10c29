# SPDX-License-Identifier: GPL-3.0-or-later
"""Views with exit layers, and their shards."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import torch
from trimesh.creation import box, icosphere

from engine.training.random_numbers import RandomNumbers, turn
from engine.training.things.caster import ThingCaster
from engine.training.things.make import Job, Subject, make
from engine.training.things.model import Item, RejectedError
from engine.training.things.packages import Package
from engine.training.things.shape import shaped
from engine.training.things.shards import Shard, finished
from engine.training.things.sources import SOURCES, Source, split_of
from engine.training.things.views import View, procedural_views, thing_view, thing_views
from engine.training.views import Camera, random_lamps, unpack
from tests.engine.training.things.tiny import half_clear, model_of, sphere

SIZE = 32


def _dice(seed: int = 0) -> RandomNumbers:
    return RandomNumbers(torch.Generator().manual_seed(seed))


def _look(caster: ThingCaster, pitch: float, perspective: float = 0.0) -> View:
    camera = Camera(turn(0.4, pitch).numpy(), 0.8, np.zeros(3, np.float32), perspective)
    (found,) = thing_view(caster, camera, random_lamps(_dice()), SIZE, upright=True, floor=False)
    return found


def test_a_balls_exit_layer_is_its_other_half() -> None:
    found = _look(ThingCaster(shaped(sphere(), 38)), 0.3)
    mask = found["part"] > 0
    front, back = found["depth"].float(), found["exit_depth"].float()
    torch.testing.assert_close(back[mask], -front[mask], atol=0.02, rtol=0)
    normal, behind = found["normal"].float() / 127, found["exit_normal"].float() / 127
    inner = mask & (front > 0.2)
    torch.testing.assert_close(
        behind * inner, normal * torch.tensor([1.0, 1, -1])[:, None, None] * inner, atol=0.1, rtol=0
    )
    assert found["closed"] == 1
    assert (found["exit_normal"][:, ~mask[0]] == 0).all()


def test_a_box_is_as_thick_as_it_is() -> None:
    mesh = box([1, 1, 0.5]).subdivide().subdivide().subdivide()
    shape = shaped(model_of(mesh), 38)
    camera = Camera(np.eye(3, dtype=np.float32), 0.8, np.zeros(3, np.float32), 0.3)
    (found,) = thing_view(ThingCaster(shape), camera, random_lamps(_dice()), SIZE, upright=True, floor=False)
    thickness = (found["depth"].float() - found["exit_depth"].float())[0, SIZE // 2, SIZE // 2]
    assert math.isclose(float(thickness), 0.8 * float(np.ptp(shape.vertices[:, 2])), abs_tol=0.01)
    assert math.isclose(float(found["fov"]), math.degrees(2 * math.atan(0.3)), abs_tol=1e-4)


def test_pitch_is_positive_from_above() -> None:
    caster = ThingCaster(shaped(sphere(), 38))
    assert math.isclose(float(_look(caster, 0.5)["pitch"]), 0.5, abs_tol=1e-5)
    assert math.isclose(float(_look(caster, -0.2)["pitch"]), -0.2, abs_tol=1e-5)


def test_a_sheet_is_not_closed() -> None:
    ball = icosphere(subdivisions=4)
    bowl = model_of(ball.submesh([ball.triangles_center[:, 2] < 0], append=True))  # its mouth towards the camera
    camera = Camera(np.eye(3, dtype=np.float32), 0.8, np.zeros(3, np.float32), 0.0)
    (found,) = thing_view(ThingCaster(shaped(bowl, 38)), camera, random_lamps(_dice()), SIZE, upright=True, floor=False)
    assert found["closed"] == 0
    middle = found["normal"][:, SIZE // 2, SIZE // 2]
    assert middle[2] > 120  # the bowl's inside, turned to the camera


def test_albedo_is_the_textures() -> None:
    model = model_of(icosphere(subdivisions=3), half_clear())
    model.uv[:] = 0.25
    found = _look(ThingCaster(shaped(model, 38)), 0.0)
    mask = found["part"][0] > 0
    assert (found["albedo"][:, mask] == 255).all()
    assert (found["albedo"][:, ~mask] == 0).all()
    assert found["coloured"] == 1


def test_procedural_views_have_exit_layers_too() -> None:
    found = procedural_views(_dice(3), SIZE)
    assert {name: value.dtype for name, value in found[0].items()} == {
        name: value.dtype for name, value in _look(ThingCaster(shaped(sphere(), 38)), 0.1).items()
    }
    for one in found:
        mask = one["part"] > 0
        assert one["coloured"] == 0
        assert (one["exit_depth"][mask] <= one["depth"][mask]).all()


def _subject(name: str, fails: bool = False) -> Subject:
    def look(dice: RandomNumbers, size: int) -> tuple[list[View], int, bool]:
        if fails:
            raise RejectedError("flat")
        return thing_views(dice, shaped(sphere(), 38), size), 1280, False

    return Subject(name, "ball", look)


def test_a_shard_is_read_as_it_was_made_and_made_once(tmp_path: Path) -> None:
    job = Job(tmp_path / "train_x_0000.safetensors", "x", "train", (_subject("a"), _subject("b", True), _subject("c")))
    make(job, SIZE)
    shard = Shard(job.file)
    assert [record.id for record in shard.objects] == ["a", "c"]
    packed = shard.packed(torch.tensor([len(shard) - 1, 0]))
    assert packed["object"].tolist() == [1, 0]
    views = unpack(packed, torch.device("cpu"))
    torch.testing.assert_close(views.depth * views.mask, views.depth)
    torch.testing.assert_close(packed["pitch"], torch.asin(views.rotation[:, 2, 1]))
    assert finished(tmp_path, "train") == [job.file]
    assert finished(tmp_path, "test") == []
    before = job.file.stat().st_mtime_ns
    make(job, SIZE)
    assert job.file.stat().st_mtime_ns == before
    again = Job(tmp_path / "train_x_0001.safetensors", "x", "train", job.subjects)
    make(again, SIZE)
    assert again.file.read_bytes() == job.file.read_bytes()  # the same job, the same shard


def test_a_shard_of_rejects_is_finished_and_empty(tmp_path: Path) -> None:
    job = Job(tmp_path / "train_x_0000.safetensors", "x", "train", (_subject("b", True),))
    make(job, SIZE)
    assert job.file.with_suffix(".json").exists()
    assert finished(tmp_path, "train") == []


def _split(source: Source, group: str) -> str:
    return split_of(source, Item("any", group, sphere))


def test_groups_are_held_out_whole_and_one_package_altogether() -> None:
    chairs = SOURCES[0]
    splits = [_split(chairs, f"group {k}") for k in range(400)]
    assert splits == [_split(chairs, f"group {k}") for k in range(400)]
    assert 300 < splits.count("train") < 380
    assert splits.count("development") > 10
    assert splits.count("test") > 10
    kept = [source for source in SOURCES if not source.trained_on]
    assert [source.about.name for source in kept] == ["supertuxkart-data"]
    assert {_split(kept[0], f"group {k}") for k in range(50)} == {"test"}


def test_what_is_kept_for_judging_is_in_no_table() -> None:
    assert not {"megaglest-data", "ufoai-data"} & {source.about.name for source in SOURCES}


def test_packages_are_told_with_checksum_licence_and_authors() -> None:
    for about in (source.about for source in SOURCES):
        assert isinstance(about, Package)
        assert len(about.sha256) == 64
        assert about.licence
        assert about.authors
