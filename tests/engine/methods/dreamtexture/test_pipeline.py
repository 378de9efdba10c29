# SPDX-License-Identifier: GPL-3.0-or-later
"""The two stages together: a picture through the embedded guidance, the paper's preset, collapse, cancel, resume."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from engine.checkpoint import Checkpoint
from engine.contract.method import methods
from engine.errors import Cancelled
from engine.guidance import load_guidance
from engine.methods.dreamtexture.output import DreamTextureOutput
from engine.methods.dreamtexture.pipeline import DreamTexturePipeline
from engine.picture.picture import Picture, load_picture
from engine.progress import Progress, Report
from tests.engine.guidance.tiny_pipelines import pixel_diffusion
from tests.engine.surface.tiny_estimators import tiny_estimator

CPU = torch.device("cpu")
QUICK_PAPER: dict[str, Any] = {
    "resolution": 32, "steps": 6, "snapshots": 2, "depth_steps": 8, "learning_rate": 0.002, "depth_learning_rate": 0.01,
}  # fmt: skip


class CancelAt:
    """A listener that cancels its job at a step of a phase."""

    def __init__(self, phase: str = "", step: int = 0) -> None:
        self.at, self.cancel = (phase, step), threading.Event()
        self.phases: list[str] = []

    def progress(self, report: Report) -> None:
        """Notes the phase; cancels at the step that was asked for or the first report after it."""
        if report.phase not in self.phases:
            self.phases.append(report.phase)
        if report.phase == self.at[0] and report.step >= self.at[1]:
            self.cancel.set()

    def preview(self, file: str) -> None:
        """Nothing to see."""


@pytest.fixture
def picture(ball: Path) -> Picture:
    return load_picture(ball)


def run(
    picture: Picture, folder: Path, listener: CancelAt, preset: str, guidance: str = "embedded", **overrides: Any
) -> DreamTextureOutput:
    pipeline = DreamTexturePipeline(
        load_guidance(guidance, device=CPU, object_words=""),
        tiny_estimator(),
        methods()["dreamtexture"].resolve(preset, overrides),
        CPU,
    )
    clock = iter(range(10**6)).__next__  # every step is reported
    progress = Progress(listener, folder, listener.cancel, clock=clock)
    return pipeline(picture, seed=0, progress=progress, checkpoint=Checkpoint(folder))


def test_a_ball_becomes_a_surface_in_the_contracts_frames(picture: Picture, tmp_path: Path) -> None:
    listener = CancelAt()
    output = run(picture, tmp_path, listener, "standard", resolution=64, steps=40)
    assert listener.phases == ["Estimating surface", "Aligning texture", "Recovering depth", "Making mesh"]
    assert output.coordinates.shape == (64, 64, 2)
    assert output.normal.shape == (64, 64, 3)
    inside = np.isfinite(output.depth)
    assert (inside == (output.mask > 0.5)).mean() > 0.98
    assert output.depth[32, 32] > np.nanmean(output.depth[inside])  # the middle of a ball is nearer than its rim
    assert np.linalg.norm(output.normal[inside], axis=-1) == pytest.approx(1, abs=1e-4)
    assert output.quality["verdict"] in ("good", "doubtful")
    assert output.quality["sds_steps"] == 40
    assert np.ptp(output.mesh.vertices, axis=0).max() == pytest.approx(1.0, abs=1e-5)


def test_the_papers_preset_runs_both_stages_as_printed(picture: Picture, tmp_path: Path) -> None:
    output = run(picture, tmp_path, CancelAt(), "paper", **QUICK_PAPER)
    assert output.quality["sds_steps"] == 6
    assert np.isfinite(output.depth).sum() > 300


@pytest.mark.parametrize(
    ("phase", "step"), [("Aligning texture", 3), ("Recovering depth", 4), ("Recovering depth", 12)]
)
def test_a_cancelled_job_goes_on_bit_for_bit(picture: Picture, tmp_path: Path, phase: str, step: int) -> None:
    folders = [tmp_path / name for name in ("whole", "cut")]
    for folder in folders:
        folder.mkdir()
    whole = run(picture, folders[0], CancelAt(), "paper", **QUICK_PAPER)
    with pytest.raises(Cancelled):
        run(picture, folders[1], CancelAt(phase, step), "paper", **QUICK_PAPER)
    rest = run(picture, folders[1], CancelAt(), "paper", **QUICK_PAPER)
    assert np.array_equal(whole.depth, rest.depth, equal_nan=True)
    assert np.array_equal(whole.mesh.vertices, rest.mesh.vertices)


def test_forced_collapse_is_called_by_its_name(picture: Picture, tmp_path: Path) -> None:
    """A diffusion model that knows nothing, and steps far too long for the barrier that was taken away."""
    guidance = str(pixel_diffusion(tmp_path / "model"))
    output = run(
        picture, tmp_path, CancelAt(), "standard", guidance,
        resolution=32, steps=30, learning_rate=0.5, barrier=0, bending=0, patience=0,
    )  # fmt: skip
    assert output.quality["verdict"] == "collapsed"
    assert output.quality["mended_folds"] > 100
    assert output.quality["foldovers"] == 0
