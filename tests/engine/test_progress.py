# SPDX-License-Identifier: GPL-3.0-or-later
"""Overall fraction, time left, throttling and cancelling, against a clock turned by hand."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.contract.messages import Message
from engine.contract.protocol import ALIGNING, LOADING
from engine.errors import Cancelled
from engine.progress import Progress, Report

DEPTH, SAVING = Message("solving"), Message("saving")


class Recorder:
    """A listener that keeps what it is told."""

    def __init__(self) -> None:
        self.reports: list[Report] = []
        self.previews: list[str] = []

    def progress(self, report: Report) -> None:
        self.reports.append(report)

    def preview(self, file: str) -> None:
        self.previews.append(file)


class Clock:
    """Seconds that pass only when told to."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def progress(recorder: Recorder, clock: Clock, tmp_path: Path) -> Progress:
    return Progress(recorder, tmp_path, clock=clock)


def test_fraction_and_time_left_follow_the_shares(progress: Progress, recorder: Recorder, clock: Clock) -> None:
    progress.plan([(ALIGNING, 3), (DEPTH, 1)])
    progress.step(ALIGNING, 0, 10)
    clock.now += 6.0
    progress.step(ALIGNING, 2, 10)
    progress.step(ALIGNING, 10, 10)
    clock.now += 0.1
    progress.step(DEPTH, 0, 4)
    first, second, _, last = recorder.reports
    assert first == Report(ALIGNING, 0, 10, 0.0, None)
    assert second.fraction == pytest.approx(0.15)
    # 3 s a step: 24 s for the other 8 steps, and Depth is a third of Aligning's 30 s.
    assert second.eta == pytest.approx(34.0)
    assert last.fraction == pytest.approx(0.75)
    assert last.eta == pytest.approx(2.0)  # 6 s for three quarters of the work


def test_a_resumed_phase_is_timed_from_where_it_went_on(progress: Progress, recorder: Recorder, clock: Clock) -> None:
    progress.plan([(ALIGNING, 1)])
    progress.step(ALIGNING, 80, 100)
    clock.now += 5.0
    progress.step(ALIGNING, 90, 100)
    assert recorder.reports[-1].eta == pytest.approx(5.0)


def test_unplanned_phases_leave_the_fraction(progress: Progress, recorder: Recorder) -> None:
    progress.step(LOADING, 0, 1)
    progress.plan([(ALIGNING, 1)])
    progress.step(ALIGNING, 1, 1)
    progress.step(SAVING, 0, 3)
    assert [report.fraction for report in recorder.reports] == [0.0, 1.0, 1.0]


def test_what_a_phase_left_undone_is_done_when_the_next_begins(progress: Progress, recorder: Recorder) -> None:
    progress.plan([(ALIGNING, 3), (DEPTH, 1)])
    progress.step(ALIGNING, 50, 100)
    progress.step(DEPTH, 0, 1)
    progress.step(SAVING, 0, 1)
    assert [report.fraction for report in recorder.reports] == pytest.approx([0.375, 0.75, 1.0])


def test_reports_are_throttled_but_none_that_ends_a_phase(progress: Progress, recorder: Recorder, clock: Clock) -> None:
    progress.plan([(ALIGNING, 1)])
    for step in range(1001):
        clock.now += 0.001
        progress.step(ALIGNING, step, 1000)
    assert len(recorder.reports) == pytest.approx(11, abs=1)
    assert recorder.reports[-1].step == 1000


def test_seconds_are_booked_per_phase(progress: Progress, clock: Clock) -> None:
    for phase, seconds in ((LOADING, 1.0), (ALIGNING, 5.0)):
        progress.step(phase, 0, 1)
        clock.now += seconds
    progress.finish()
    assert progress.seconds == {"Loading the models": 1.0, "Aligning texture": 5.0}


def test_a_cancelled_job_hears_of_it_at_its_next_step(recorder: Recorder, tmp_path: Path) -> None:
    cancel = threading.Event()
    progress = Progress(recorder, tmp_path, cancel)
    progress.step(ALIGNING, 1, 10)
    cancel.set()
    assert progress.cancelled
    with pytest.raises(Cancelled):
        progress.step(ALIGNING, 2, 10)
    assert len(recorder.reports) == 1


def test_previews_are_throttled_and_whole(progress: Progress, recorder: Recorder, clock: Clock, tmp_path: Path) -> None:
    progress.preview(np.full((4, 5, 3), 0.5))
    progress.preview(np.ones((4, 5, 3)))
    assert recorder.previews == ["preview.png"]
    assert np.asarray(Image.open(tmp_path / "preview.png")).tolist() == np.full((4, 5, 3), 128).tolist()
    clock.now += 0.5
    progress.preview(np.ones((4, 5, 3)))
    assert recorder.previews == ["preview.png"] * 2
    assert [file.name for file in tmp_path.iterdir()] == ["preview.png"]
