# SPDX-License-Identifier: GPL-3.0-or-later
"""All Round with a diffusion model as its outpainter, from the picture to the result, stopped on the way."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import pytest

from engine.errors import Cancelled
from engine.loaded_models import LoadedModels
from tests.engine.guidance.tiny_pipelines import inpainting
from tests.engine.methods.pop3d.small_jobs import SETTINGS, result_bytes, run
from tests.engine.watcher import Watcher

SMALL = SETTINGS | {
    "view_size": "48", "volume": "16", "view_steps": "1", "last_steps": "1", "rays": "64", "faces": "500",
    "candidates": "1", "denoising_steps": "2", "personalization_steps": "2",
}  # fmt: skip


def test_a_job_stopped_on_the_way_gives_the_same_bits(ball: Path, tmp_path: Path) -> None:
    models, watcher, painter = LoadedModels(), Watcher(), str(inpainting(tmp_path))
    job = partial(run, models, ball, orbit={"stop_after": 3}, settings=SMALL, outpainter=painter, object="ball")
    whole = job(tmp_path / "whole", watcher).folder
    result = json.loads((whole / "result.json").read_text())
    assert result["outpainter"] == painter
    parts = {f"{part} view {k}" for part in ("Learning the object for", "Painting") for k in (2, 3)}
    assert parts <= {*result["seconds"]}
    fractions = [report.fraction for report in watcher.reports]
    assert fractions == sorted(fractions)
    assert not [*whole.glob("checkpoint-*")]

    for phase in ("Learning the object for view 2", "Painting view 3"):
        with pytest.raises(Cancelled):
            job(tmp_path / "parts", Watcher(stop_in=phase), resume=True)
    job(tmp_path / "parts", resume=True)
    assert result_bytes(tmp_path / "parts") == result_bytes(whole)
