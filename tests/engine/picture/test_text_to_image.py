# SPDX-License-Identifier: GPL-3.0-or-later
"""From words to a mesh: the picture that a tiny Stable Diffusion makes goes the way of any other."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from engine.contract.protocol import PAINTING
from engine.contract.result_folder import PROMPT_PICTURE
from engine.errors import Cancelled, InputError
from engine.job.reconstruct import Outcome, reconstruct
from engine.job.request import Request
from engine.loaded_models import LoadedModels
from engine.models import STABLE_DIFFUSION
from engine.picture import text_to_image
from engine.picture.text_to_image import object_words
from engine.progress import Progress
from tests.engine.guidance.tiny_pipelines import pixel_diffusion, stable_diffusion
from tests.engine.watcher import Watcher

CPU = torch.device("cpu")
SIDE = 64


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a Stable Diffusion whose pictures have SIDE pixels."""
    return stable_diffusion(tmp_path_factory.mktemp("model"), latents=SIDE // 2)


@pytest.fixture
def disc(tmp_path: Path) -> Path:
    """The mask of the object, which a model with random weights doesn't paint."""
    y, x = np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2
    path = tmp_path / "disc.png"
    Image.fromarray(np.where(np.hypot(x, y) < 0.4 * SIDE, 255, 0).astype(np.uint8)).save(path)
    return path


def run(model: Path, mask: Path, output: Path, watcher: Watcher | None = None, **options: Any) -> Outcome:
    """A draft of "a ball" on the CPU."""
    watcher, resume = watcher or Watcher(), options.pop("resume", False)
    values = {
        "prompt": "a ball", "mask": str(mask), "output": str(output), "guidance": str(model), "device": "cpu",
        "preset": "draft", **options,
    }  # fmt: skip
    request = Request.check(values, {"resolution": "32", "texture_size": "64"})
    return reconstruct(request, LoadedModels(), watcher, resume=resume, cancel=watcher.cancel)


def test_the_words_become_a_picture_and_that_a_mesh(model: Path, disc: Path, tmp_path: Path) -> None:
    watcher = Watcher()
    folder = run(model, disc, tmp_path / "job", watcher, seed=3).folder
    result = json.loads((folder / "result.json").read_text())
    assert (result["prompt"], result["object"], result["seed"]) == ("a ball", "ball", 3)
    assert result["picture"] == {"file": PROMPT_PICTURE, "width": SIDE, "height": SIDE}
    assert PROMPT_PICTURE in result["files"]
    assert np.asarray(Image.open(folder / PROMPT_PICTURE)).std() > 10
    with np.load(folder / "mesh.npz") as mesh:
        assert len(mesh["faces"]) > 100
    painting = [report for report in watcher.reports if report.message == PAINTING]
    assert painting[-1].step == painting[-1].total > 10
    assert 0 < painting[-1].fraction < 1
    fractions = [report.fraction for report in watcher.reports]
    assert fractions == sorted(fractions)
    assert fractions[-1] == pytest.approx(1)


def test_seed_and_words_decide_the_picture(model: Path, tmp_path: Path) -> None:
    painter = text_to_image.load_painter(str(model), CPU)
    progress = Progress(Watcher(), tmp_path)
    first, again, reseeded, other = (
        painter.paint(words, seed=seed, progress=progress)
        for words, seed in (("a ball", 0), ("a ball", 0), ("a ball", 1), ("a cup", 0))
    )
    assert first.shape == (SIDE, SIDE, 3)
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - reseeded).max() > 0.01
    assert np.abs(first - other).max() > 0


def test_a_cancelled_job_goes_on_with_the_same_picture(model: Path, disc: Path, tmp_path: Path) -> None:
    """Cancelled while the picture was made, and once more after it; then the model isn't even needed."""
    mine = shutil.copytree(model, tmp_path / "mine")
    whole = run(mine, disc, tmp_path / "whole").folder
    with pytest.raises(Cancelled):
        run(mine, disc, tmp_path / "job", Watcher(stop_at=5))
    assert not (tmp_path / "job" / PROMPT_PICTURE).exists()
    with pytest.raises(Cancelled):
        run(mine, disc, tmp_path / "job", Watcher(stop_in="Flattening"), resume=True)
    shutil.rmtree(mine)
    parts = run(mine, disc, tmp_path / "job", resume=True).folder
    for name in (PROMPT_PICTURE, "depth.npy", "mesh.npz"):
        assert (parts / name).read_bytes() == (whole / name).read_bytes()


@pytest.mark.parametrize("choice", ["auto", "embedded"])
def test_without_weights_it_says_what_is_needed(choice: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(InputError, match="needs Stable Diffusion, whose weights aren't on this machine") as refused:
        text_to_image.load_painter(choice, CPU)
    assert STABLE_DIFFUSION.source in refused.value.hint


def test_a_model_that_takes_no_words_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No usable diffusion model"):
        text_to_image.load_painter(str(pixel_diffusion(tmp_path / "pixels")), CPU)


def test_the_article_is_no_part_of_the_object() -> None:
    assert [object_words(prompt) for prompt in ("a soccer ball", "An owl ", "the theatre", "anvil")] == [
        "soccer ball", "owl", "theatre", "anvil",
    ]  # fmt: skip
