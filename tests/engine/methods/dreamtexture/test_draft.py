# SPDX-License-Identifier: GPL-3.0-or-later
"""The preset without score distillation."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

from engine.contract.method import methods
from engine.errors import Cancelled
from engine.methods.dreamtexture.draft import DraftPipeline
from engine.picture.picture import load_picture
from engine.progress import Progress, Report
from engine.surface.embedded import EmbeddedEstimator
from tests.engine.surface.tiny_estimators import tiny_estimator


class Phases:
    """A listener that keeps the phases and cancels at one of them."""

    def __init__(self, stop_at: str = "") -> None:
        self.seen: list[str] = []
        self.cancel = threading.Event()
        self._stop_at = stop_at

    def progress(self, report: Report) -> None:
        """Notes the phase."""
        self.seen.append(report.phase)
        if report.phase == self._stop_at:
            self.cancel.set()

    def preview(self, file: str) -> None:
        """Nothing to see."""


@pytest.fixture
def estimator() -> EmbeddedEstimator:
    """One that hardly differs from the inflated outline."""
    return tiny_estimator(spread=1e-3)


def test_a_ball_becomes_a_surface_without_a_step_of_distillation(
    ball: Path, tmp_path: Path, estimator: EmbeddedEstimator
) -> None:
    settings = methods()["dreamtexture"].resolve("draft")
    listener = Phases()
    output = DraftPipeline(estimator, settings)(load_picture(ball), progress=Progress(listener, tmp_path))
    n = settings.resolution
    assert listener.seen == ["Estimating surface", "Flattening", "Making mesh"]
    assert output.coordinates.shape == (n, n, 2)
    assert output.depth.shape == output.mask.shape == (n, n)
    assert np.isfinite(output.coordinates).all()
    inside = np.isfinite(output.depth)
    assert (inside == (output.mask > 0.5)).mean() > 0.98
    assert output.depth[n // 2, n // 2] > np.nanmean(output.depth) + 0.1
    assert np.linalg.norm(output.normal[inside], axis=-1) == pytest.approx(1, abs=1e-4)
    assert output.quality["sds_steps"] == 0
    assert output.quality["verdict"] == "good"
    assert output.quality["uv_stretch_angle"] < 5  # the flattening is conformal
    assert np.ptp(output.mesh.vertices, axis=0).max() == pytest.approx(1.0, abs=1e-5)


def test_it_can_be_cancelled(ball: Path, tmp_path: Path, estimator: EmbeddedEstimator) -> None:
    listener = Phases("Estimating surface")
    with pytest.raises(Cancelled):
        DraftPipeline(estimator, methods()["dreamtexture"].resolve("draft"))(
            load_picture(ball), progress=Progress(listener, tmp_path, listener.cancel)
        )
    assert listener.seen == ["Estimating surface"]
