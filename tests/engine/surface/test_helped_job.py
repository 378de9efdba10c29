# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole jobs whose mask, depth and normals come from other people's models."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.loaded_models import LoadedModels
from tests.engine.methods.pop3d.small_jobs import SETTINGS, run
from tests.engine.surface import tiny_models


@pytest.fixture
def opaque(ball: Path) -> Path:
    """The ball on grey: something has to be cut out."""
    with Image.open(ball) as image:
        ground = Image.new("RGBA", image.size, (90, 90, 90, 255))
        Image.alpha_composite(ground, image).convert("RGB").save(ball)
    return ball


def test_all_round_from_models_of_transformers(opaque: Path, tmp_path: Path) -> None:
    estimator = f"{tiny_models.vit_matte(tmp_path / 'matte')},{tiny_models.zoe_depth(tmp_path / 'zoe')}"
    small = SETTINGS | {"view_size": "48", "volume": "16", "view_steps": "1", "last_steps": "1", "faces": "500"}
    output = tmp_path / "job"
    run(LoadedModels(), opaque, output, orbit={"stop_after": 2}, settings=small, estimator=estimator)
    result = json.loads((output / "result.json").read_text())
    assert result["estimator"] == estimator
    assert np.isfinite(np.load(output / "depth.npy")).any()


def test_front_where_sam_is_told_where_the_object_is(opaque: Path, tmp_path: Path) -> None:
    """A tiny model with random weights cuts out anything, but something else for other points."""
    models, sam = LoadedModels(), str(tiny_models.sam2(tmp_path / "sam"))
    masks = []
    for points in ("48,48", "48,48 !10,10 !80,80"):
        output = tmp_path / points.replace(" ", "_")
        run(models, opaque, output, settings={}, method="dreamtexture", preset="draft", estimator=sam, points=points)
        masks.append(np.asarray(Image.open(output / "mask.png")))
    assert not np.array_equal(masks[0], masks[1])
