# SPDX-License-Identifier: GPL-3.0-or-later
"""Using the estimator's network: frames and sizes, what it is told, cutting out, weights that can't be used."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.ndimage import binary_erosion

from engine.errors import InputError, StageError
from engine.geometry.inflation import inflate
from engine.geometry.normals import normals
from engine.models import EMBEDDED
from engine.surface.embedded import EmbeddedEstimator, expected_angle
from engine.surface.estimate import SurfaceEstimate
from engine.surface.estimator import load_estimator
from tests.engine.geometry.analytic_shapes import normal_error, picture_plane
from tests.engine.surface.tiny_estimators import ReddestIsObject, saved_network, tiny_estimator

CPU = torch.device("cpu")


def drop(size: int) -> NDArray[np.bool_]:
    """The mask of something that isn't symmetric."""
    plane = picture_plane(size)
    return np.hypot(plane[..., 0] - 0.2, 0.8 * plane[..., 1]) < 0.5 + 0.2 * plane[..., 1]


def noise(size: int, seed: int = 0) -> NDArray[np.float32]:
    return np.random.default_rng(seed).random((size, size, 3), np.float32)


@pytest.mark.parametrize("size", [48, 64, 160])
def test_a_surface_has_the_size_of_its_picture(size: int) -> None:
    mask = drop(size)
    found = tiny_estimator().surface(noise(size), mask)
    assert (found.mask == mask).all()
    assert found.depth.shape == found.uncertainty.shape == (size, size)
    assert found.depth.dtype == found.normal.dtype == found.uncertainty.dtype == np.float32
    for image in (found.depth, found.normal[..., 0], found.uncertainty):
        assert (np.isfinite(image) == mask).all()
    assert np.linalg.norm(found.normal[mask], axis=-1) == pytest.approx(1, abs=1e-5)
    assert found.uncertainty[mask].min() > 0
    assert found.uncertainty[mask].max() < np.pi / 2


@pytest.mark.parametrize("size", [48, 64, 160])
def test_only_the_object_counts(size: int) -> None:
    mask = drop(size)
    before, other = noise(size), noise(size, seed=1)
    changed = np.where(mask[..., None], before, other)
    first, again, different = (tiny_estimator().surface(rgb, mask) for rgb in (before, changed, other))
    assert (first.normal[mask] == again.normal[mask]).all()
    assert (first.normal[mask] != different.normal[mask]).any()


def test_the_mirror_image_has_the_mirrored_surface() -> None:
    """Exactly so, since the network is asked about both."""
    rgb, mask = noise(64), drop(64)
    found, mirrored = (tiny_estimator().surface(rgb[:, ::s], mask[:, ::s]) for s in (1, -1))
    assert mirrored.depth[:, ::-1] == pytest.approx(found.depth, abs=1e-5, nan_ok=True)
    assert mirrored.normal[:, ::-1] * [-1, 1, 1] == pytest.approx(found.normal, abs=1e-5, nan_ok=True)
    assert np.abs(found.normal[mask][:, 0]).max() > 0.1


def test_the_mirror_image_is_mirrored_after_a_closer_look() -> None:
    """Away from the rim, where the nearest value of several is taken, and but for what the blur spreads of that."""
    rgb, mask = noise(128), drop(128)
    found, mirrored = (tiny_estimator().surface(rgb[:, ::s], mask[:, ::s]) for s in (1, -1))
    inner = binary_erosion(mask, iterations=3)
    assert np.abs(found.normal[inner][:, 0]).max() > 0.1
    assert (mirrored.normal[:, ::-1] * [-1, 1, 1])[inner] == pytest.approx(found.normal[inner], abs=0.02)


def test_an_untrained_network_knows_what_the_outline_tells() -> None:
    mask = drop(64)
    found = tiny_estimator(spread=0.0).surface(noise(64), mask)
    balloon = inflate(mask)
    inner = mask & (balloon > 0.25)
    assert found.depth[inner] == pytest.approx(balloon[inner], abs=0.1)
    assert normal_error(found.normal.astype(float), normals(balloon, mask)) < 15


def test_a_pyramid_of_wood_is_seen_as_well_as_a_plain_one() -> None:
    """By the shipped network; with a single look at the grain it is three and a half degrees worse."""
    plane = picture_plane(128)
    x, y = np.moveaxis(plane, 2, 0)
    mask = (np.abs(x) < 0.5 * (0.8 - y)) & (y > -0.7)
    faces = np.where(x[..., None] > 0.15 * (0.8 - y)[..., None], [0.6, 0.35, 0.72], [-0.3, 0.35, 0.86])
    truth = np.where(mask[..., None], faces / np.linalg.norm(faces, axis=-1, keepdims=True), np.nan)
    shading = np.nan_to_num(0.2 + 0.5 * np.clip(truth @ [-0.6, 0.5, 0.62], 0, 1))
    grain = 1 + 0.25 * np.sin(40 * x + 9 * np.sin(7 * y + 3 * x))
    estimator = EmbeddedEstimator.load(CPU)

    def error(grey: NDArray[np.float64]) -> float:
        picture = np.dstack([grey, 0.75 * grey, 0.5 * grey]).astype(np.float32)
        return normal_error(estimator.surface(picture, mask).normal.astype(float), truth)

    assert error(shading * grain) < error(shading) + 1


def test_a_small_part_on_a_large_one_is_seen() -> None:
    """By the shipped network: half a ball on a plate, which without a closer look it sees 4.6 degrees worse."""
    x, y = np.moveaxis(picture_plane(256), 2, 0)
    mask = (np.abs(x) < 0.8) & (np.abs(y) < 0.7)
    across, up = (x - 0.3) / 0.15, (y + 0.2) / 0.15
    ball = np.hypot(across, up) < 1
    toward = np.sqrt(np.clip(1 - across**2 - up**2, 0.05, 1))
    normal = np.where(ball[..., None], np.dstack([across, up, toward]), [0.0, 0.0, 1.0])
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    grey = np.where(mask, 0.25 + 0.6 * np.clip(normal @ [0.4, 0.5, 0.77], 0, 1), 0)
    picture = np.repeat(grey[..., None], 3, 2).astype(np.float32)
    found = EmbeddedEstimator.load(CPU).surface(picture, mask).normal.astype(float)
    assert normal_error(found, np.where(ball[..., None], normal, np.nan)) < 30


def test_the_same_surface_on_another_mask() -> None:
    """Linear depth stays linear; where the new mask reaches farther there is the nearest value."""
    plane, mask = picture_plane(64), drop(64)
    nowhere = np.where(mask, 0.0, np.nan)
    images = plane[..., 0] + nowhere, np.dstack([nowhere, nowhere, 1 + nowhere]), 0.3 + nowhere
    coarse = SurfaceEstimate(mask, *(image.astype(np.float32) for image in images))
    wanted = np.hypot(*np.moveaxis(picture_plane(96), 2, 0)) < 0.7
    fine = coarse.at(wanted)
    assert (np.isfinite(fine.depth) == wanted).all()
    both = wanted & (drop(96) > 0)
    assert np.abs(fine.depth - picture_plane(96)[..., 0])[both].max() < 0.04
    assert (fine.normal[wanted] == [0, 0, 1]).all()
    assert fine.uncertainty[wanted] == pytest.approx(0.3)


def test_a_thread_is_too_thin() -> None:
    mask = np.zeros((512, 512), bool)
    mask[:, 200] = True
    with pytest.raises(StageError, match="too thin"):
        tiny_estimator().surface(noise(512), mask)


def test_expected_angle_is_the_mean_of_its_density() -> None:
    angle = np.linspace(0, np.pi, 20_001)
    for kappa in (0.1, 1.0, 4.0, 30.0):
        density = np.exp(-kappa * angle) * np.sin(angle)
        mean = (angle * density).sum() / density.sum()
        assert float(expected_angle(torch.tensor(kappa))) == pytest.approx(mean, rel=1e-4)


@pytest.mark.parametrize(("height", "width"), [(90, 240), (300, 200), (700, 1000), (40, 40)])
def test_the_object_is_found_where_it_is(height: int, width: int) -> None:
    """Also in a corner of a wide picture, where the network sees little of it at first."""
    truth = np.zeros((height, width), bool)
    truth[height // 2 : -height // 12, width // 20 : width // 4] = True
    picture = np.where(truth[..., None], [220, 30, 20], [40, 120, 130]).astype(np.uint8)
    found = EmbeddedEstimator(ReddestIsObject(), "red").cut_out(picture)
    assert found.dtype == np.float32
    assert found.shape == truth.shape
    assert ((found > 0.5) & truth).sum() / ((found > 0.5) | truth).sum() > 0.99
    assert found.min() >= 0
    assert found.max() <= 1


def test_nothing_is_found_where_nothing_is() -> None:
    estimator = EmbeddedEstimator(ReddestIsObject(), "red")
    assert not estimator.cut_out(np.full((30, 70, 3), 90, np.uint8)).any()


def test_saved_weights_give_the_same_surface(tmp_path: Path) -> None:
    estimator = load_estimator(str(saved_network(tmp_path / "model")), CPU)
    assert estimator.name == str(tmp_path / "model")
    rgb, mask = noise(64), drop(64)
    assert (estimator.surface(rgb, mask).depth == tiny_estimator().surface(rgb, mask).depth)[mask].all()


def test_folders_without_an_estimator_are_refused(tmp_path: Path) -> None:
    broken = saved_network(tmp_path / "broken")
    weights = broken / "diffusion_pytorch_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    (tmp_path / "list").mkdir()
    (tmp_path / "list" / "config.json").write_text("[]")
    another_kind = EMBEDDED.location()
    for folder in (tmp_path, broken, tmp_path / "list", another_kind):
        with pytest.raises(InputError, match="holds no estimator"):
            load_estimator(str(folder), CPU)
