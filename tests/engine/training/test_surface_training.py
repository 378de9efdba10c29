# SPDX-License-Identifier: GPL-3.0-or-later
"""Training the surface network: it learns, its state is taken up where it was left, its weights are an estimator's."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.errors import InputError
from engine.surface.surface_estimator import CONFIG, SurfaceEstimator
from engine.training.surface import Training, judge
from engine.training.surface_drawing import Sources, draw_batch
from engine.training.surface_pictures import Sample
from engine.training.trainer import SHARD_BYTES
from tests.engine.training import balls


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    folder = tmp_path_factory.mktemp("shards")
    balls.things(folder, "train", "procedural", 2, coloured=False)
    balls.things(folder, "train", "balls", 2, coloured=True)
    balls.photographs(folder / "photographs", ["disc"])
    balls.backgrounds(folder / "backgrounds", ["board"])
    sources = Sources((folder,), folder / "photographs", folder / "backgrounds")
    made, real = sources.pools("train")
    assert len(made) == len(real) == 2
    return draw_batch(made, real, sources.pictures("train"), 10, balls.N, torch.Generator().manual_seed(0))


def test_a_step_taken_after_a_resume_is_the_same(sample: Sample, tmp_path: Path) -> None:
    training = Training(None)
    first = training.learn(sample, 1.0)
    training.save(tmp_path)
    assert all(f.stat().st_size <= SHARD_BYTES for f in (tmp_path / "state").iterdir())
    assert len(list((tmp_path / "state").iterdir())) <= 8
    straight_on = training.learn(sample, 1.0)
    other = Training(None)
    other.resume(tmp_path)
    assert (other.step, other.pictures) == (1, len(sample.picture))
    assert other.learn(sample, 1.0) == straight_on != first


def test_it_learns_a_ball(sample: Sample, tmp_path: Path) -> None:
    training = Training(None)
    first = training.learn(sample, 20.0)  # of a rate that is still warming up
    for _ in range(12):
        last = training.learn(sample, 20.0)
    assert last["thickness"] < first["thickness"]
    assert last["normal"] < first["normal"] - 0.3
    judge(training, {"balls": sample}, tmp_path)
    assert (tmp_path / "figures_balls.csv").read_text().count("\n") == 2


def test_its_weights_are_an_estimators(tmp_path: Path) -> None:
    Training(None).save(tmp_path)
    (tmp_path / CONFIG).write_text(json.dumps({"size": 64}))
    estimator = SurfaceEstimator.load(torch.device("cpu"), tmp_path)
    axis = np.linspace(-1, 1, 100)
    mask = np.hypot(axis[:, None], axis) < 0.8
    found = estimator.surface(np.full((100, 100, 3), 0.5, np.float32), mask)
    assert np.array_equal(np.isfinite(found.depth), mask)
    assert np.allclose(np.linalg.norm(found.normal[mask], axis=-1), 1, atol=1e-4)
    assert estimator.cut_out(np.zeros((60, 90, 3), np.uint8)).shape == (60, 90)


def test_a_folder_without_weights_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no estimator"):
        SurfaceEstimator.load(torch.device("cpu"), tmp_path)
