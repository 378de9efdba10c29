# SPDX-License-Identifier: GPL-3.0-or-later
"""All Round with its real parts, on small grids: complete, repeatable, resumable after every stage."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.spatial import cKDTree

from engine.errors import Cancelled, InputError
from engine.job.reconstruct import reconstruct
from engine.job.request import Request
from engine.loaded_models import LoadedModels
from tests.engine.methods.pop3d.small_jobs import FILES, LAST, SETTINGS, camera_in, result_bytes, run, solid_in
from tests.engine.watcher import Watcher

STARTING = {"Reading the picture", "Starting PyTorch", "Loading the models"}
VIEW_FILES = ("camera.json", "color.png", "depth.npy", "mask.png")


@pytest.fixture(scope="module")
def models() -> LoadedModels:
    return LoadedModels()


def test_the_result_folder_keeps_its_contract(models: LoadedModels, ball: Path, tmp_path: Path) -> None:
    watcher = Watcher()
    folder = run(models, ball, tmp_path / "job", watcher).folder
    result = json.loads((folder / "result.json").read_text())
    views = [f"views/{number:03d}/{name}" for number in range(8) for name in VIEW_FILES]
    assert sorted(result["files"]) == sorted([*FILES, *views])
    assert all((folder / name).is_file() for name in result["files"])
    assert not (folder / "orbit").exists()
    assert (result["method"], result["estimator"], result["outpainter"]) == ("pop3d", "embedded", "embedded")
    assert result["quality"]["sdf_steps"] == 7 * 2 + 2
    assert 0 < result["quality"]["unseen_texels"] < 1
    assert result["quality"]["silhouette_iou"] > 0.9
    assert result["quality"]["verdict"] != "collapsed"

    depth, normal = np.load(folder / "depth.npy"), np.load(folder / "normal.npy")
    mask = np.asarray(Image.open(folder / "mask.png"))
    assert (depth.shape, normal.shape, mask.shape) == ((64, 64), (64, 64, 3), (64, 64))
    confidence = np.load(folder / "confidence.npy")
    assert np.isfinite(confidence).tolist() == (mask > 127).tolist()
    with np.load(folder / "mesh.npz") as arrays:
        behind = arrays["vertices"][:, 1] > 0.4
        assert (arrays["confidence"][behind] == 0).all()
        assert arrays["confidence"].max() == pytest.approx(np.nanmax(confidence), abs=0.1)
    inside = np.isfinite(depth)
    assert (inside & (mask > 127)).sum() > 0.95 * (inside | (mask > 127)).sum()
    assert 0.1 < depth[32, 32] < 1  # the ball's front lies before the middle
    assert normal[32, 32, 2] > 0.9
    # The crop shows the whole ball in its middle.
    crop = result["crop"]
    assert crop["x"] + crop["size"] / 2 == pytest.approx(48, abs=1)
    assert crop["size"] > 77  # its diameter in the picture

    assert watcher.phases[3:] == [*(f"View {k} of 8" for k in range(1, 9)), "Refining", "Making mesh", *LAST]
    fractions = [report.fraction for report in watcher.reports]
    assert fractions == sorted(fractions)
    assert set(watcher.phases) - {"Saving"} <= set(result["seconds"])


def test_the_mesh_is_closed_and_its_cameras_fit_it(models: LoadedModels, ball: Path, tmp_path: Path) -> None:
    folder = run(models, ball, tmp_path / "job").folder
    solid = solid_in(folder)
    assert solid.is_watertight
    assert solid.is_winding_consistent
    assert solid.volume > 0.1
    assert solid.area_faces.min() > 0
    low, high = solid.bounds
    assert (high - low).max() == pytest.approx(1, abs=1e-5)
    np.testing.assert_allclose([low[2], low[0] + high[0], low[1] + high[1]], 0, atol=1e-5)
    with np.load(folder / "mesh.npz") as arrays:
        assert arrays["faces"].shape[1] == 3
        uv = arrays["uv_picture"]
    assert 0 <= uv.min() < uv.max() <= 1
    for number, towards in ((0, [0, -1, 0]), (3, [1, 0, 0]), (7, [0, 1, 0])):
        view = folder / "views" / f"{number:03d}"
        camera = camera_in(view)
        assert camera.rotation[:, 2].tolist() == pytest.approx(towards, abs=1e-6)
        depth = torch.from_numpy(np.load(view / "depth.npy"))
        seen = depth.isfinite()
        points = camera.eye + depth[seen][:, None] * camera.rays()[seen]
        assert cKDTree(solid.vertices).query(points.numpy())[0].mean() < 0.05
        assert (np.asarray(Image.open(view / "mask.png")) > 0).sum() == int(seen.sum())


def test_caps_follow_the_ring(models: LoadedModels, ball: Path, tmp_path: Path) -> None:
    folder = run(models, ball, tmp_path / "job", settings={**SETTINGS, "views": "ring+caps"}).folder
    assert sorted(view.name for view in (folder / "views").iterdir()) == [f"{number:03d}" for number in range(10)]
    for number, towards in ((8, [0, 0, 1]), (9, [0, 0, -1])):
        view = folder / "views" / f"{number:03d}"
        camera = camera_in(view)
        assert camera.rotation[:, 2].tolist() == pytest.approx(towards, abs=1e-6)
        mask = np.asarray(Image.open(view / "mask.png")) > 127
        assert 0.2 < mask.mean() < 0.7
        assert (np.asarray(Image.open(view / "color.png"))[mask] < 255).any(1).all()


def test_a_job_stopped_in_every_stage_gives_the_same_bits(models: LoadedModels, ball: Path, tmp_path: Path) -> None:
    whole = result_bytes(run(models, ball, tmp_path / "whole").folder)
    for stage in (*(f"View {number} of 8" for number in range(1, 9)), "Refining", "Making mesh"):
        watcher = Watcher(stop_in=stage)
        with pytest.raises(Cancelled):
            run(models, ball, tmp_path / "parts", watcher, resume=True)
        # The first view is loaded, the one after the last finished one made, and then it stops.
        assert len(set(watcher.phases) - STARTING) <= 3
    parts = result_bytes(run(models, ball, tmp_path / "parts", resume=True).folder)
    assert parts.keys() == whole.keys()
    assert [name for name in whole if parts[name] != whole[name]] == []


def test_another_outpainter_makes_another_job(models: LoadedModels, ball: Path, tmp_path: Path) -> None:
    values = {"picture": str(ball), "output": str(tmp_path / "job"), "method": "pop3d", "device": "cpu"}
    with pytest.raises(InputError, match="holds no outpainter"):
        reconstruct(Request.check({**values, "outpainter": str(tmp_path)}, SETTINGS), models, Watcher())
