# SPDX-License-Identifier: GPL-3.0-or-later
"""All Round as in the paper, its numbers made small: the field as networks, and what was seen told by the pixels."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from engine.contract.method import methods
from engine.loaded_models import LoadedModels
from tests.engine.methods.pop3d.small_jobs import SETTINGS, run, solid_in

SMALL = SETTINGS | {
    "view_size": "32", "volume": "16", "rays": "64", "samples": "8", "layers": "2", "width": "8", "view_steps": "1",
    "last_steps": "1", "faces": "500",
}  # fmt: skip


def test_the_preset_is_the_papers() -> None:
    paper = methods()["pop3d"].resolve("paper")
    assert (paper.representation, paper.layers, paper.width) == ("mlp", 8, 256)
    assert (paper.seen, paper.personalization) == ("warped", "full")


@pytest.mark.parametrize("more", [{"preset": "paper"}, {"representation": "features"}])
def test_networks_make_a_closed_mesh(ball: Path, tmp_path: Path, more: dict[str, str]) -> None:
    small = SMALL | {name: value for name, value in more.items() if name != "preset"}
    preset = more.get("preset", "standard")
    folder = run(LoadedModels(), ball, tmp_path / "job", orbit={"stop_after": 2}, settings=small, preset=preset).folder
    result = json.loads((folder / "result.json").read_text())
    assert result["settings"]["representation"] in ("mlp", "features")
    assert result["settings"]["seen"] == ("warped" if preset == "paper" else "cast")
    assert solid_in(folder).is_watertight
    assert np.isfinite(np.load(folder / "depth.npy")).any()
