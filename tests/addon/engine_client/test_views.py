# SPDX-License-Identifier: GPL-3.0-or-later
"""The views of a job, and what is asked of them."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from drape.engine_client import views

from tests.addon.engine_client.test_folders import JOB, RESULT, write_record

NOTHING: dict[str, Any] = {"seeds": {}, "pictures": {}, "stop_after": 0}
PLACES = [(0, 0), (45, 0), (-45, 0), (180, 0), (0, 90)]


def write_views(folder: Path, count: int) -> None:
    for number, (azimuth, elevation) in enumerate(PLACES[:count]):
        a, e = math.radians(azimuth), math.radians(elevation)
        back = [math.sin(a) * math.cos(e), -math.cos(a) * math.cos(e), math.sin(e)]
        (folder / f"{number:03d}").mkdir(parents=True)
        matrix = [[0, 0, x, 3 * x] for x in back] + [[0, 0, 0, 1]]
        (folder / f"{number:03d}" / "camera.json").write_text(json.dumps({"matrix": matrix, "fov": 39}))


def test_views_of_a_result_and_of_a_job_that_goes_on(tmp_path: Path) -> None:
    assert views.views_of(tmp_path) == ()
    write_views(tmp_path / "views", 5)
    write_record(tmp_path / "result.json", RESULT, job="a", files=["views/004/camera.json"])
    write_record(tmp_path / "job.json", JOB, digest="a")
    found = views.views_of(tmp_path)
    assert [(view.azimuth, view.elevation) for view in found[:4]] == PLACES[:4]
    assert found[4].elevation == 90
    assert found[2].color == tmp_path / "views" / "002" / "color.png"

    write_record(tmp_path / "job.json", JOB, digest="b")
    assert len(views.views_of(tmp_path)) == 5  # the old ones, until there are new ones
    write_views(tmp_path / "orbit", 2)
    (tmp_path / "orbit" / ".002.part").mkdir()  # is being written
    assert [view.mask for view in views.views_of(tmp_path)] == [
        tmp_path / "orbit" / number / "mask.png" for number in ("000", "001")
    ]


def test_another_seed_and_a_picture_rule_each_other_out() -> None:
    params = {"seed": 7, "orbit": NOTHING}
    once = views.painted_again(params, 3)
    assert views.painted_again(once, 3)["orbit"] == {**NOTHING, "seeds": {"3": 9}}
    hers = views.replaced(views.painted_again(once, 5), 3, Path("mine.png"))
    assert hers["orbit"] == {"seeds": {"5": 8}, "pictures": {"3": "mine.png"}, "stop_after": 0}
    assert views.painted_again(hers, 3)["orbit"] == {"seeds": {"3": 8, "5": 8}, "pictures": {}, "stop_after": 0}
    assert views.ended(hers, 4)["orbit"] == {**hers["orbit"], "stop_after": 4}
    assert params == {"seed": 7, "orbit": NOTHING}


@pytest.mark.parametrize(
    ("record", "early"),
    [
        ({}, False),
        ({**JOB, "orbit": NOTHING}, False),
        ({**JOB, "orbit": {**NOTHING, "stop_after": 3}}, True),
    ],
)
def test_whether_it_stops_early(tmp_path: Path, record: dict[str, Any], early: bool) -> None:
    assert not views.stops_early(tmp_path)
    (tmp_path / "job.json").write_text(json.dumps(record))
    assert views.stops_early(tmp_path) is early
