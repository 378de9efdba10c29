# SPDX-License-Identifier: GPL-3.0-or-later
"""The artist in the loop: another guess for a view, a picture of hers, fewer views; nothing is made anew without need,
nothing gets lost, and what comes out doesn't depend on the way there.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from engine.errors import Cancelled, InputError
from engine.loaded_models import LoadedModels
from tests.engine.conftest import draw_ball
from tests.engine.methods.pop3d.small_jobs import LAST, result_bytes, run, solid_in
from tests.engine.watcher import Watcher


@pytest.fixture(scope="module")
def models() -> LoadedModels:
    return LoadedModels()


@pytest.fixture(scope="module")
def ball(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw_ball(tmp_path_factory.mktemp("picture") / "ball.png")


@pytest.fixture(scope="module")
def whole(models: LoadedModels, ball: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished job."""
    return run(models, ball, tmp_path_factory.mktemp("jobs") / "whole").folder


@pytest.fixture
def job(whole: Path, tmp_path: Path) -> Path:
    """The same, to be changed."""
    return Path(shutil.copytree(whole, tmp_path / "job"))


def pictures(folder: Path, views: range) -> list[bytes]:
    """What the views show, as far as they are there."""
    files = [folder / f"{number:03d}" / name for number in views for name in ("color.png", "mask.png")]
    return [file.read_bytes() for file in files if file.is_file()]


def test_another_guess_changes_a_view_and_what_comes_after_it(
    models: LoadedModels, ball: Path, whole: Path, job: Path, tmp_path: Path
) -> None:
    before, result = result_bytes(job), (job / "result.json").read_bytes()
    asked = {"seeds": {5: 9}}
    watcher = Watcher(stop_in="View 7 of 8")
    with pytest.raises(Cancelled):
        run(models, ball, job, watcher, resume=True, orbit=asked)
    assert watcher.phases[3:] == ["View 1 of 8", "View 6 of 8", "View 7 of 8"]
    assert (result_bytes(job), (job / "result.json").read_bytes()) == (before, result)  # the old one is still there
    assert pictures(job / "orbit", range(8)) == [
        *pictures(whole / "views", range(5)),
        *pictures(job / "orbit", range(5, 6)),
    ]

    run(models, ball, job, resume=True, orbit=asked)
    assert pictures(job / "views", range(5)) == pictures(whole / "views", range(5))
    for number in (5, 6, 7):
        changed, old = (pictures(folder / "views", range(number, number + 1)) for folder in (job, whole))
        assert changed != old
    assert not (job / "orbit").exists()
    at_once = run(models, ball, tmp_path / "at once", orbit=asked).folder
    assert result_bytes(job) == result_bytes(at_once)
    assert run(models, ball, job, resume=True, orbit=asked).was_complete


def test_a_picture_of_hers_takes_the_place_of_a_view(models: LoadedModels, ball: Path, whole: Path, job: Path) -> None:
    hers = Image.new("RGBA", (200, 200))
    ImageDraw.Draw(hers).ellipse((50, 40, 150, 160), fill=(0, 160, 0, 255))
    hers.save(job.parent / "hers.png")
    orbit = {"pictures": {"6": str(job.parent / "hers.png")}}
    watcher = Watcher()
    run(models, ball, job, watcher, resume=True, orbit=orbit)
    assert watcher.phases[4:6] == ["View 7 of 8", "View 8 of 8"]
    color, mask = (np.asarray(Image.open(job / "views/006" / name)) for name in ("color.png", "mask.png"))
    assert color[32, 32].tolist() == [0, 160, 0]
    assert color[2, 2].tolist() == [255, 255, 255]
    assert (mask[32, 32], mask[32, 12]) == (255, 0)
    assert pictures(job / "views", range(6)) == pictures(whole / "views", range(6))
    assert pictures(job / "views", range(7, 8)) != pictures(whole / "views", range(7, 8))

    hers.transpose(Image.Transpose.TRANSPOSE).save(job.parent / "hers.png")  # the same file, another picture
    with pytest.raises(Cancelled):
        run(models, ball, job, again := Watcher(stop_in="View 7 of 8"), resume=True, orbit=orbit)
    assert again.phases[4:] == ["View 7 of 8"]


def test_the_orbit_ends_early_with_what_is_there(models: LoadedModels, ball: Path, whole: Path, tmp_path: Path) -> None:
    with pytest.raises(Cancelled):
        run(models, ball, tmp_path / "job", Watcher(stop_in="View 4 of 8"))
    assert pictures(tmp_path / "job/orbit", range(8)) == pictures(whole / "views", range(3))
    watcher = Watcher()
    job = run(models, ball, tmp_path / "job", watcher, resume=True, orbit={"stop_after": 3}).folder
    assert watcher.phases[3:] == ["View 1 of 3", "Refining", "Making mesh", *LAST]
    assert sorted(folder.name for folder in (job / "views").iterdir()) == ["000", "001", "002"]
    assert pictures(job / "views", range(3)) == pictures(whole / "views", range(3))
    assert solid_in(job).is_watertight
    assert json.loads((job / "result.json").read_text())["quality"]["sdf_steps"] == 2 * 2 + 2

    run(models, ball, job, resume=True)  # and yet the whole way
    assert result_bytes(job) == result_bytes(whole)


def test_the_picture_alone_is_an_orbit_too(models: LoadedModels, ball: Path, job: Path) -> None:
    run(models, ball, job, resume=True, orbit={"stop_after": 1})
    assert solid_in(job).is_watertight


@pytest.mark.parametrize(
    ("orbit", "message"),
    [
        ({"seeds": {"8": 1}}, "There is no view 8: this orbit has the views 1 to 7"),
        ({"stop_after": 9}, "This orbit has 8 views, so it can't stop after 9"),
        ({"pictures": {"2": "ball.png"}}, "'.*' can't be read"),
        ({"pictures": {"2": "wide.png"}}, "for view 2 is 60 x 40, but views are squares"),
    ],
)
def test_what_can_not_be_had_changes_nothing(
    models: LoadedModels, ball: Path, job: Path, monkeypatch: pytest.MonkeyPatch, orbit: dict[str, object], message: str
) -> None:
    monkeypatch.chdir(job.parent)
    wide = Image.new("RGBA", (60, 40))
    wide.paste((255, 0, 0, 255), (5, 2, 50, 38))
    wide.save("wide.png")
    files = [file for file in sorted(job.rglob("*")) if file.is_file() and file.name != "engine.log"]
    before = [file.read_bytes() for file in files]
    with pytest.raises(InputError, match=message):
        run(models, ball, job, resume=True, orbit=orbit)
    assert [file.read_bytes() for file in files] == before
