# SPDX-License-Identifier: GPL-3.0-or-later
"""Fused volumes are drawn out to the outlines."""

from __future__ import annotations

import pytest
import torch

from engine.field.fusion import fuse
from engine.field.grid import voxel_centres, voxel_size
from engine.field.silhouettes import drawn_out
from engine.field.view import View
from engine.geometry.triangles import RayCaster
from engine.mesh.iso_surface import iso_surface
from engine.methods.pop3d.cameras import RING, WINDOW_FIELD_OF_VIEW, Place, camera_at
from tests.engine.field.analytic_views import sphere_view

RESOLUTION = 48
SIZE = voxel_size(RESOLUTION)


def overlap(volume: torch.Tensor, view: View) -> float:
    ours = torch.from_numpy(RayCaster(iso_surface(volume.numpy())).view(view.camera)[0] >= 0)
    return float((ours & view.mask).sum() / (ours | view.mask).sum())


@pytest.fixture(scope="module")
def views() -> list[View]:
    return [sphere_view(camera_at(place, 96, WINDOW_FIELD_OF_VIEW)) for place in RING]


def test_what_has_its_outlines_stays(views: list[View]) -> None:
    truth = voxel_centres(RESOLUTION).norm(dim=-1) - 0.7
    change = (drawn_out(truth, views) - truth)[truth.abs() < SIZE]
    assert change.abs().max() < 0.4 * SIZE
    assert change.abs().mean() < 0.1 * SIZE


def test_views_that_disagree_lose_no_outline(views: list[View]) -> None:
    """All but the first see their surface too far behind."""
    views = [views[0], *(view.with_depth(view.depth + 0.08) for view in views[1:])]
    fused = fuse(views, RESOLUTION)
    found = drawn_out(fused, views)
    assert overlap(fused, views[0]) < 0.94
    assert overlap(found, views[0]) > 0.975
    assert all(overlap(found, view) > overlap(fused, view) + 0.02 for view in views)


def test_the_first_view_has_the_last_word(views: list[View]) -> None:
    """A view from the side shows a smaller sphere than the front."""
    side = sphere_view(camera_at(Place(90, 0), 96, WINDOW_FIELD_OF_VIEW), 0.6)
    fused = fuse([views[0], side], RESOLUTION)
    assert overlap(fused, views[0]) < 0.9
    assert overlap(drawn_out(fused, [views[0], side]), views[0]) > 0.98
    assert overlap(drawn_out(fused, [side, views[0]]), side) > 0.98
