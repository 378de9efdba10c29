# SPDX-License-Identifier: GPL-3.0-or-later
"""One job with the embedded guidance, from the picture to the result folder: complete, repeatable, resumable."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from engine.contract.result_folder import LOG, RESULT
from engine.errors import Cancelled, InputError, StageError
from engine.guidance import load_guidance
from engine.job.reconstruct import Outcome, reconstruct
from engine.job.request import Request
from engine.loaded_models import LoadedModels
from engine.surface.estimator import load_estimator
from tests.engine.surface.tiny_estimators import saved_network
from tests.engine.watcher import Watcher

ARRAYS = ("depth.npy", "normal.npy", "confidence.npy", "uv.npy", "mask.png", "texture.png", "mesh.npz", "mesh.glb")


@pytest.fixture(scope="module")
def models() -> LoadedModels:
    return LoadedModels()


def run(models: LoadedModels, picture: Path, output: Path, settings: dict[str, str], **options: Any) -> Outcome:
    """The job on the CPU with the embedded guidance."""
    watcher = options.pop("watcher", None) or Watcher()
    values = {"picture": str(picture), "output": str(output), "guidance": "embedded", "device": "cpu"}
    flags = {name: options.pop(name) for name in ("resume", "overwrite") if name in options}
    request = Request.check({**values, **options}, settings)
    return reconstruct(request, models, watcher, cancel=watcher.cancel, **flags)


def result_bytes(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in ARRAYS}


def test_the_result_folder_keeps_its_contract(
    models: LoadedModels, ball: Path, quick: dict[str, str], tmp_path: Path
) -> None:
    watcher = Watcher()
    outcome = run(models, ball, tmp_path / "job", quick, seed=5, watcher=watcher)
    folder = outcome.folder
    result = json.loads((folder / "result.json").read_text())

    assert {file.name for file in folder.iterdir()} == {
        *ARRAYS, "turntable", "result.json", "job.json", "engine.log", "preview.png", ".lock"
    }  # fmt: skip
    turned = [f"turntable/{number:03d}.png" for number in range(11)]
    assert sorted(result["files"]) == sorted([*ARRAYS, *turned])
    assert all((folder / name).is_file() for name in turned)
    assert result["format"] == 1
    assert (result["method"], result["seed"], result["device"], result["guidance"]) == (
        "dreamtexture",
        5,
        "cpu",
        "embedded",
    )
    assert result["estimator"] == "embedded"
    assert result["picture"] == {"file": "ball.png", "width": 96, "height": 96}
    assert result["settings"]["steps"] == 4
    assert result["quality"]["verdict"] == outcome.verdict
    assert result["peak_memory"]["host"] > 2**26
    assert set(result["versions"]) >= {"drape", "python", "torch"}
    assert sum(result["seconds"].values()) == pytest.approx(outcome.seconds)

    crop = result["crop"]
    assert crop["x"] + crop["size"] / 2 == pytest.approx(48, abs=1)  # the ball is in the middle
    depth, normal, uv = (np.load(folder / f"{name}.npy") for name in ("depth", "normal", "uv"))
    mask = np.asarray(Image.open(folder / "mask.png"))
    assert [array.shape for array in (depth, normal, uv, mask)] == [(32, 32), (32, 32, 3), (32, 32, 2), (32, 32)]
    assert depth.dtype == normal.dtype == uv.dtype == np.float32
    inside = np.isfinite(depth)
    assert inside[16, 16]
    assert not inside[0, 0]
    assert np.linalg.norm(normal[inside], axis=1) == pytest.approx(1, abs=1e-4)
    assert (normal[inside][:, 2] > 0).all()  # towards the camera
    confidence = np.load(folder / "confidence.npy")
    assert (confidence.shape, confidence.dtype) == ((32, 32), np.float32)
    assert np.isnan(confidence[0, 0])
    assert np.isfinite(confidence[inside]).all()
    with np.load(folder / "mesh.npz") as mesh:
        extent = np.ptp(mesh["vertices"], axis=0)
        at_vertices = mesh["confidence"]
        assert at_vertices.shape == (len(mesh["vertices"]),)
    assert 0.2 < np.nanmin(confidence) <= at_vertices.min() <= at_vertices.max() <= np.nanmax(confidence) < 1
    assert extent.max() == pytest.approx(1, abs=1e-5)

    assert watcher.previews
    fractions = [report.fraction for report in watcher.reports]
    assert fractions == sorted(fractions)
    assert fractions[-1] == pytest.approx(1)
    assert "Computing on cpu" in (folder / "engine.log").read_text()


def test_the_same_seed_gives_the_same_bits(
    models: LoadedModels, ball: Path, quick: dict[str, str], tmp_path: Path
) -> None:
    first = run(models, ball, tmp_path / "a", quick, seed=1)
    again = run(models, ball, tmp_path / "b", quick, seed=1)
    other = run(models, ball, tmp_path / "c", quick, seed=2)
    assert result_bytes(first.folder) == result_bytes(again.folder)
    assert (first.folder / "uv.npy").read_bytes() != (other.folder / "uv.npy").read_bytes()


def test_a_resumed_job_gives_the_same_bits(
    models: LoadedModels, ball: Path, long: dict[str, str], tmp_path: Path
) -> None:
    whole = run(models, ball, tmp_path / "whole", long)
    for stop_at in (3, 8):
        with pytest.raises(Cancelled):
            run(models, ball, tmp_path / "parts", long, watcher=Watcher(stop_at), resume=True)
    watcher = Watcher()
    parts = run(models, ball, tmp_path / "parts", long, watcher=watcher, resume=True)
    assert next(report.step for report in watcher.reports if report.total > 1) >= 8
    assert result_bytes(parts.folder) == result_bytes(whole.folder)


def test_resume_on_a_complete_job_does_nothing(
    models: LoadedModels, ball: Path, quick: dict[str, str], tmp_path: Path
) -> None:
    first = run(models, ball, tmp_path / "job", quick)
    before = (tmp_path / "job" / "result.json").stat().st_mtime_ns
    again = run(models, ball, tmp_path / "job", quick, resume=True)
    assert (again.was_complete, again.verdict) == (True, first.verdict)
    assert (tmp_path / "job" / "result.json").stat().st_mtime_ns == before


def test_bad_input_changes_nothing(models: LoadedModels, ball: Path, quick: dict[str, str], tmp_path: Path) -> None:
    run(models, ball, tmp_path / "job", quick)
    before = {file.name: file.stat().st_mtime_ns for file in (tmp_path / "job").iterdir() if file.name != LOG}
    ball.write_bytes(ball.read_bytes()[:500])
    with pytest.raises(InputError, match="damaged"):
        run(models, ball, tmp_path / "job", quick, overwrite=True)
    with pytest.raises(InputError):
        run(models, tmp_path / "nothing.png", tmp_path / "other", quick)
    after = {file.name: file.stat().st_mtime_ns for file in (tmp_path / "job").iterdir() if file.name != LOG}
    assert after == before
    assert not (tmp_path / "other").exists()


def test_a_failing_stage_leaves_its_traceback_in_the_log(
    models: LoadedModels, quick: dict[str, str], tmp_path: Path
) -> None:
    """A hair is long enough for an object, but too thin for a mesh at this resolution."""
    pixels = np.zeros((400, 400, 4), np.uint8)
    pixels[10:390, 200] = 255
    Image.fromarray(pixels).save(tmp_path / "hair.png")
    with pytest.raises(StageError, match="too thin"):
        run(models, tmp_path / "hair.png", tmp_path / "job", quick)
    log = (tmp_path / "job" / LOG).read_text()
    assert "Traceback" in log
    assert "too thin" in log
    assert not (tmp_path / "job" / RESULT).exists()


def test_the_model_stays_loaded_until_unloaded(
    models: LoadedModels, ball: Path, quick: dict[str, str], tmp_path: Path
) -> None:
    import torch

    cpu = torch.device("cpu")
    loaded, estimator = (
        models.get(load_guidance, "embedded", device=cpu, object_words=""),
        models.get(load_estimator, "embedded", cpu),
    )
    run(models, ball, tmp_path / "job", quick)
    assert models.get(load_guidance, "embedded", device=cpu, object_words="") is loaded
    assert models.get(load_estimator, "embedded", cpu) is estimator
    models.unload()
    assert models.get(load_guidance, "embedded", device=cpu, object_words="") is not loaded
    assert models.get(load_estimator, "embedded", cpu) is not estimator


def test_another_estimator_makes_another_job(
    models: LoadedModels, ball: Path, quick: dict[str, str], tmp_path: Path
) -> None:
    folder = str(saved_network(tmp_path / "network"))
    changes = {**quick, "steps": "0"}
    run(models, ball, tmp_path / "job", changes, estimator=folder)
    assert json.loads((tmp_path / "job" / "result.json").read_text())["estimator"] == folder
    with pytest.raises(InputError, match="started with another estimator"):
        run(models, ball, tmp_path / "job", changes, resume=True)


def test_a_draft_is_the_same_for_every_seed(
    models: LoadedModels, ball: Path, quick: dict[str, str], tmp_path: Path
) -> None:
    changes = {**quick, "steps": "0"}
    first = run(models, ball, tmp_path / "a", changes, preset="draft", seed=1)
    other = run(models, ball, tmp_path / "b", changes, preset="draft", seed=2)
    assert result_bytes(first.folder) == result_bytes(other.folder)
