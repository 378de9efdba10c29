# SPDX-License-Identifier: GPL-3.0-or-later
"""Views kept in a checkpoint, as far as they are still what is asked for."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from engine.checkpoint import Checkpoint
from engine.field.view import View
from engine.methods.pop3d import saved_views
from engine.methods.pop3d.cameras import RING, WINDOW_FIELD_OF_VIEW, camera_at
from tests.engine.field.analytic_views import sphere_view

RECIPES = ["0", "0", "7"]


@pytest.fixture
def views() -> list[View]:
    return [sphere_view(camera_at(place, 24, WINDOW_FIELD_OF_VIEW)) for place in RING[:3]]


def test_views_come_back_bit_for_bit(views: list[View], tmp_path: Path) -> None:
    checkpoint = Checkpoint(tmp_path)
    assert saved_views.load(checkpoint, RECIPES) == []
    saved_views.save(checkpoint, views, RECIPES)
    again = saved_views.load(checkpoint, [*RECIPES, "0"])
    assert len(again) == 3
    for view, other in zip(views, again, strict=True):
        assert (other.camera.size, other.camera.fov) == (24, WINDOW_FIELD_OF_VIEW)
        assert torch.equal(other.camera.matrix, view.camera.matrix)
        for name in saved_views.IMAGES:
            assert torch.equal(getattr(other, name), getattr(view, name))
            assert getattr(other, name).dtype == getattr(view, name).dtype


@pytest.mark.parametrize(
    ("asked", "left"),
    [(["0", "0", "8"], 2), (["0", "8", "7"], 1), (["1", "0", "7"], 0), (["0", "0"], 2), (RECIPES, 3)],
)
def test_what_is_to_be_made_again_goes_and_all_after_it(
    views: list[View], tmp_path: Path, asked: list[str], left: int
) -> None:
    checkpoint = Checkpoint(tmp_path)
    for count in (1, 2, 3):
        saved_views.save(checkpoint, views[:count], RECIPES)
    assert len(saved_views.load(checkpoint, asked)) == left
    pictures = sorted(file.relative_to(tmp_path).as_posix() for file in tmp_path.glob("orbit/*/*.png"))
    assert pictures == [f"orbit/{number:03d}/{name}.png" for number in range(left) for name in ("color", "mask")]
