# SPDX-License-Identifier: GPL-3.0-or-later
"""The benchmark of time and memory of the orbit with a diffusion model, with tiny networks."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.benchmark import diffusion_orbit
from tests.benchmark.measuring import tables
from tests.engine.methods.pop3d.small_jobs import SETTINGS

SMALL = SETTINGS | {
    "view_size": "32", "volume": "16", "view_steps": "0", "last_steps": "0", "faces": "500", "candidates": "1",
    "denoising_steps": "2", "personalization_steps": "1", "prior_images": "1",
}  # fmt: skip


def test_every_part_is_reported(ball: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "FOLDER", tmp_path)
    settings = [argument for name, value in SMALL.items() for argument in ("--set", f"{name}={value}")]
    small = ["--networks", "tiny", "--device", "cpu", "--views", "2", "--picture", str(ball)]
    text = diffusion_orbit.table(*small, *settings)
    parts = {line.split("|")[1].strip() for line in text.splitlines() if line.startswith("| ")}
    assert {"loading", "prior", "personalisation", "painting", "field and masks", "mesh", "all"} <= parts
    assert (tmp_path / "diffusion_orbit.md").exists()
    assert not [file for file in tmp_path.iterdir() if file.is_dir()]
