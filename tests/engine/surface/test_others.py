# SPDX-License-Identifier: GPL-3.0-or-later
"""Other people's models of mask, depth and normals: tiny ones, saved to disk and loaded as the real ones are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import MarigoldDepthPipeline, MarigoldNormalsPipeline

from engine.errors import InputError
from engine.surface import others
from engine.surface.estimate import Floats, Mask, SurfaceEstimate
from engine.surface.estimator import DISTANCE, HelpedEstimator, load_estimator, with_depth
from engine.surface.points import Point
from engine.surface.preparation import image_processor, prepared
from engine.surface.segmenters import Sam2, VitMatte, trimap_of
from tests.engine.guidance.tiny_pipelines import stable_diffusion
from tests.engine.surface import tiny_models

CPU = torch.device("cpu")
N = 64


def picture(height: int = N, width: int = N) -> Floats:
    return np.random.default_rng(0).random((height, width, 3), dtype=np.float32)


def disc() -> Mask:
    y, x = np.mgrid[:N, :N] - (N - 1) / 2
    mask: Mask = np.hypot(x, y) < 24
    return mask


@pytest.mark.parametrize("make", [tiny_models.depth_anything, tiny_models.zoe_depth])
def test_depth_of_the_object_follows_the_model(make: Any, tmp_path: Path) -> None:
    """It is as deep as the embedded estimator sees it, and has the normals of its depth."""
    estimator = load_estimator(str(make(tmp_path)), CPU)
    assert isinstance(estimator, HelpedEstimator)
    assert estimator.name == str(tmp_path)
    rgb, mask = picture(), disc()
    found, embedded = estimator.surface(rgb, mask), estimator.embedded.surface(rgb, mask)
    assert estimator.depth is not None
    assert estimator.depth.inverse == (make == tiny_models.depth_anything)
    seen = estimator.depth.height(np.where(mask[..., None], rgb, np.float32(1)))[mask]
    order = np.argsort(seen)
    assert (np.diff(found.depth[mask][order]) >= 0).all()
    assert np.median(found.depth[mask]) == pytest.approx(np.median(embedded.depth[mask]), abs=1e-3)
    assert np.ptp(found.depth[mask]) > 0
    assert np.isnan(found.depth[~mask]).all()
    np.testing.assert_allclose(np.linalg.norm(found.normal[mask], axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("inverse", [False, True])
def test_scale_and_shift_are_recovered(inverse: bool) -> None:
    """Also of the inverse distance, which is no linear function of the depth."""
    y, x = (np.mgrid[:N, :N].astype(np.float32) + 0.5) / N * 2 - 1
    mask = disc()
    depth = np.where(mask, np.sqrt(np.clip(0.64 - x**2 - y**2, 0, None)), np.nan).astype(np.float32)
    ones = np.where(mask, 1, np.nan).astype(np.float32)
    estimate = SurfaceEstimate(mask, depth, np.dstack([0 * ones, 0 * ones, ones]), ones)
    height = np.nan_to_num(1 / (DISTANCE - depth) if inverse else depth).astype(np.float32) * 7 + 3
    found = with_depth(estimate, height, inverse=inverse)
    np.testing.assert_allclose(found.depth[mask], depth[mask], atol=1e-4)
    assert found.normal[N // 2, N // 2, 2] > 0.99
    assert found.normal[N // 2, 3 * N // 4, 0] > 0.4  # the sphere turns away to the right


def test_marigolds_depth_and_normals_together(tmp_path: Path) -> None:
    depth = tiny_models.marigold(tmp_path / "depth", MarigoldDepthPipeline)
    normals = tiny_models.marigold(tmp_path / "normals", MarigoldNormalsPipeline)
    estimator = load_estimator(f"{depth},{normals}", CPU)
    rgb, mask = picture(), disc()
    found, again = (estimator.surface(rgb, mask) for _ in range(2))
    np.testing.assert_array_equal(found.normal, again.normal)
    assert isinstance(estimator, HelpedEstimator)
    assert estimator.normal is not None
    seen = estimator.normal.normals(np.where(mask[..., None], rgb, np.float32(1)))[mask]
    ratio = found.normal[mask] * np.linalg.norm(seen, axis=1, keepdims=True) / seen
    np.testing.assert_allclose(np.abs(ratio), 1, atol=1e-3)
    assert (np.median(ratio, 0)[0], estimator.size) == (pytest.approx(1, abs=1e-3), 512)


def test_pictures_are_prepared_as_the_model_was_trained(tmp_path: Path) -> None:
    """Depth Anything keeps their proportions, SAM 2 makes them square."""
    white = np.ones((30, 90, 3), np.float32)
    expected = (1 - torch.tensor([0.485, 0.456, 0.406])) / torch.tensor([0.229, 0.224, 0.225])
    for make, shape in ((tiny_models.depth_anything, (1, 3, 14, 56)), (tiny_models.sam2, (1, 3, 128, 128))):
        folder = make(tmp_path / make.__name__)
        architecture = json.loads((folder / "config.json").read_text())["architectures"][0]
        pixels = prepared(image_processor(str(folder), architecture), white, CPU)
        assert pixels.shape == shape
        torch.testing.assert_close(pixels.mean((0, 2, 3)), expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize("make", [tiny_models.depth_anything, tiny_models.zoe_depth])
def test_depth_lies_where_the_picture_has_it(make: Any, tmp_path: Path) -> None:
    """Also in a picture that isn't square, and without the margins that a processor may add round it."""
    _, model = others.load_model(str(make(tmp_path)), CPU)
    seen: list[torch.Tensor] = []
    model.model.register_forward_pre_hook(
        lambda _, __, arguments: seen.append(arguments["pixel_values"]), with_kwargs=True
    )
    white = np.ones((40, 90, 3), np.float32)
    white[:, 45:] = 0
    assert model.height(white).shape == (40, 90)
    left, right = seen[0][0, 0].chunk(2, 1)
    assert float(left[:, :-4].std()) < 0.01
    assert float(right[:, 4:].std()) < 0.01
    assert float((left[:, 0] - right[:, -1]).min()) > 1


def test_sam_is_asked_at_the_points_or_in_the_box(tmp_path: Path) -> None:
    _, sam = others.load_model(str(tiny_models.sam2(tmp_path)), CPU)
    assert isinstance(sam, Sam2)
    asked: list[dict[str, Any]] = []
    sam.model.register_forward_pre_hook(lambda _, __, arguments: asked.append(arguments), with_kwargs=True)
    rgb, guess = picture(60, 80), np.zeros((60, 80), np.float32)
    guess[15:45, 20:60] = 1
    clicked = sam.coverage(rgb, guess, [Point(20, 30, True), Point(40, 15, False)])
    boxed = sam.coverage(rgb, guess, [])
    assert clicked.shape == boxed.shape == (60, 80)
    assert clicked.min() >= 0
    assert clicked.max() <= 1
    assert asked[0]["input_points"].tolist() == [[[[32, 64], [64, 32]]]]
    assert asked[0]["input_labels"].tolist() == [[[1, 0]]]
    assert asked[1]["input_boxes"].tolist() == [[[32, 32, 96, 96]]]
    assert not sam.coverage(rgb, 0 * guess, []).any()


def test_matting_looks_again_at_the_outline_alone(tmp_path: Path) -> None:
    _, matte = others.load_model(str(tiny_models.vit_matte(tmp_path)), CPU)
    assert isinstance(matte, VitMatte)
    guess = np.zeros((50, 70), np.float32)
    guess[10:40, 20:60] = 1
    trimap = trimap_of(guess)
    assert set(np.unique(trimap)) == {0.0, 0.5, 1.0}
    assert (trimap[25, 22:58] == 1).all()
    found = matte.coverage(picture(50, 70), guess, [])
    sure = trimap != 0.5
    np.testing.assert_array_equal(found[sure], trimap[sure])
    assert not np.isin(found[~sure], [0, 0.5, 1]).all()


def test_semantic_segmentation_takes_all_but_the_background(tmp_path: Path) -> None:
    _, model = others.load_model(str(tiny_models.segformer(tmp_path)), CPU)
    classifier = model.model.decode_head.classifier
    for background, share in ((100.0, 0.0), (-100.0, 1.0)):
        classifier.bias.data = torch.tensor([background, 0.0])
        assert model.coverage(picture(50, 70), np.zeros((50, 70), np.float32), []).mean() == share


def test_a_segmenter_goes_on_from_the_embedded_cut_out(tmp_path: Path) -> None:
    matte, zoe = tiny_models.vit_matte(tmp_path / "matte"), tiny_models.zoe_depth(tmp_path / "zoe")
    estimator = load_estimator(f"{matte}, {zoe}", CPU)
    assert isinstance(estimator, HelpedEstimator)
    rgb = np.full((N, N, 3), 60, np.uint8)
    rgb[disc()] = (220, 180, 40)
    guess, found = estimator.embedded.cut_out(rgb), estimator.cut_out(rgb)
    settled = trimap_of(guess) != 0.5
    np.testing.assert_array_equal(found[settled], trimap_of(guess)[settled])
    assert not np.array_equal(found, guess)


def test_what_sees_nothing_is_refused_in_one_sentence(tmp_path: Path) -> None:
    pipeline = stable_diffusion(tmp_path / "painter")
    zoe = tiny_models.zoe_depth(tmp_path / "zoe")
    cases = {
        str(tmp_path / "missing"): "There is no folder",
        str(pipeline): "StableDiffusionPipeline, which sees neither depth nor normals",
        str(pipeline / "text_encoder"): "CLIPTextModel, which sees neither mask nor depth",
        f"{zoe},{zoe}": "names two models that see the same",
    }
    for choice, words in cases.items():
        with pytest.raises(InputError, match=words):
            load_estimator(choice, CPU)
    weights = zoe / "model.safetensors"
    weights.rename(weights.with_suffix(".bin"))
    with pytest.raises(InputError, match="No usable estimator"):
        load_estimator(str(zoe), CPU)
