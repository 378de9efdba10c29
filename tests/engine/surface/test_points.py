# SPDX-License-Identifier: GPL-3.0-or-later
"""Clicks as text."""

from __future__ import annotations

import pytest

from engine.errors import InputError
from engine.job.request import Request
from engine.surface.points import Point, parse


def test_points_are_read() -> None:
    assert parse("") == ()
    assert parse("120,80  200.5,96 !30,40") == (Point(120, 80, True), Point(200.5, 96, True), Point(30, 40, False))


@pytest.mark.parametrize("text", ["120", "1,2,3", "-1,2", "a,b", "1, 2"])
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(InputError, match="is no point"):
        parse(text)


def test_points_need_a_model_that_takes_them() -> None:
    job = {"picture": "a.png", "output": "out", "points": "1,2"}
    with pytest.raises(InputError, match="takes no points"):
        Request.check(job, {})
    assert Request.check({**job, "estimator": "sam"}, {}).job.points == "1,2"
