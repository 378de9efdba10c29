# SPDX-License-Identifier: GPL-3.0-or-later
"""The trainer, and `engine train` as its user runs it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from engine.surface.network import MonocularNetwork
from engine.training import trainer as training
from engine.training.monocular import MonocularTask
from engine.training.pool import make_shard
from engine.training.trainer import Trainer
from engine.training.views import Pool

CPU = torch.device("cpu")
SMALL = {"sample_size": 64, "surface_size": 64, "channels": (16, 16, 16, 16), "blocks": (1, 1, 1, 1)}


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Pool:
    file = tmp_path_factory.mktemp("pool") / "views.safetensors"
    make_shard(file, "single", 3, 64, seed=0)
    return Pool([file])


def trainer(pool: Pool) -> Trainer:
    torch.set_num_threads(1)
    return Trainer(MonocularTask(pool, pool, pool, pool, CPU, batch_size=4, network=SMALL), CPU)


def test_a_run_cut_in_two_ends_like_one_that_was_not(
    pool: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "SHARD_BYTES", 2**17)
    whole, half, rest = trainer(pool), trainer(pool), trainer(pool)
    whole.run(6, tmp_path / "whole")
    half.run(6, tmp_path / "half", until=3)
    rest.resume(tmp_path / "half")
    assert rest.step == 3
    rest.run(6, tmp_path / "rest")
    for a, b in zip(whole.model.parameters(), rest.model.parameters(), strict=True):
        assert torch.equal(a, b)
    states = sorted((tmp_path / "whole" / "state").iterdir())
    assert len(states) > 1
    assert max(file.stat().st_size for file in states) <= 2**17
    saved = load_file(tmp_path / "whole" / "model" / "diffusion_pytorch_model.safetensors")
    assert {weights.dtype for weights in saved.values()} == {torch.float16}


def test_the_estimator_learns(pool: Pool, tmp_path: Path) -> None:
    learner = trainer(pool)
    before = learner.validate()
    learner.run(60, tmp_path)
    after = learner.validate()
    assert before["normals"] == pytest.approx(before["inflation"], abs=12)  # it starts from the outline's guess
    assert after["normals"] < before["normals"]
    assert after["depth"] < 1.2 * before["depth"]


def test_minutes_become_steps(pool: Pool) -> None:
    learner = trainer(pool)
    parameters = [p.clone() for p in learner.model.parameters()]
    short, long = learner.steps_within(1.0), learner.steps_within(100.0)
    assert 1 <= short < long
    assert all(torch.equal(a, b) for a, b in zip(parameters, learner.model.parameters(), strict=True))


def test_one_command_makes_objects_and_all_weights(tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = [sys.executable, "-m", "engine", "train", "all", "--shapes", "8", "--steps", "1"]
    command += ["--pool", str(tmp_path / "pool"), "--output", str(out)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    subprocess.run(command, check=True, env=environment)
    names = "monocular", "alignment", "outpainter"
    validation = {name: (out / name / "validation.csv").read_text() for name in names}
    assert validation["monocular"].startswith("step,normals,inflation,depth,iou")
    assert MonocularNetwork.from_pretrained(out / "monocular" / "model", use_safetensors=True).config.sample_size == 256
    assert Image.open(out / "outpainter" / "loss.png").size == (900, 480)
    subprocess.run([*command, "--resume", str(out)], check=True, env=environment)  # nothing is left to do
    assert validation == {name: (out / name / "validation.csv").read_text() for name in names}


def test_the_preview_shows_pictures_of_objects(tmp_path: Path) -> None:
    from engine.training import train

    assert train.main(["--preview", str(tmp_path / "sheet.png")]) == 0
    sheet = Image.open(tmp_path / "sheet.png").convert("RGB")
    assert sheet.width == 8 * 256
    assert len(set(sheet.resize((64, 64)).get_flattened_data())) > 500
