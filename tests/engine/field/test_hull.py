# SPDX-License-Identifier: GPL-3.0-or-later
"""The visual hull of views, and depths confined to it."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from engine.field.fusion import fuse
from engine.field.grid import voxel_centres, voxel_size
from engine.field.hull import confined, visual_hull
from engine.field.view import View
from engine.methods.pop3d.cameras import RING, WINDOW_FIELD_OF_VIEW, camera_at
from tests.engine.field.analytic_views import sphere_view

RADIUS = 0.6
RESOLUTION = 48
SIZE = voxel_size(RESOLUTION)


@pytest.fixture(scope="module")
def views() -> list[View]:
    return [sphere_view(camera_at(place, 96, WINDOW_FIELD_OF_VIEW), RADIUS) for place in RING]


def test_hull_of_a_sphere(views: list[View]) -> None:
    """Round its equator as far out as the sphere, nowhere within it."""
    hull = visual_hull(views, RESOLUTION)
    centres = voxel_centres(RESOLUTION)
    equator = centres[..., 2].abs() < SIZE
    distance = centres.norm(dim=-1) - RADIUS
    near = equator & (distance.abs() < 3 * SIZE)
    assert (hull - distance)[near].abs().mean() < 0.5 * SIZE
    assert (hull < distance + SIZE).all()


def test_what_is_in_the_hull_stays(views: list[View]) -> None:
    """Also far inside, where only depths can tell."""
    deep = [view.with_depth(view.depth + 0.3) for view in views]
    found = confined(deep, RESOLUTION)[0]
    middle = views[0].silhouette_distance < -15
    torch.testing.assert_close(found.depth[middle], deep[0].depth[middle])


@pytest.mark.parametrize("error", [-1.0, 1.4])
def test_what_is_out_of_the_hull_comes_to_its_front(views: list[View], error: float) -> None:
    """Seen too near or too far behind, the sphere comes to where it is, near its equator."""
    found = confined([views[0].with_depth(views[0].depth + error), *views[1:]], RESOLUTION)[0]
    well = views[0].cosine > 0.4
    well[:40] = well[56:] = False
    assert (found.depth - views[0].depth)[well].abs().mean() < 1.5 * SIZE


def test_a_view_that_errs_carves_nothing_away(views: list[View]) -> None:
    """What it sees far behind lies in front for all others."""
    wrong = [views[0].with_depth(views[0].depth + 1.4), *views[1:]]
    front = voxel_centres(RESOLUTION).sub(torch.tensor([0.0, -RADIUS + 2 * SIZE, 0.0])).norm(dim=-1) < 1.5 * SIZE
    assert (fuse(wrong, RESOLUTION)[front] > 0).any()
    assert (fuse(confined(wrong, RESOLUTION), RESOLUTION)[front] < 0).all()


def test_what_others_deny_stays(views: list[View]) -> None:
    """A view shows a larger sphere than all others: beyond their hull its depths are its own."""
    larger = sphere_view(views[0].camera, 0.8)
    wrong = larger.with_depth(larger.depth + 1.7)
    found = confined([wrong, *views[1:]], RESOLUTION)[0]
    equator = torch.zeros_like(larger.mask)
    equator[40:56] = True
    denied = equator & larger.mask & (views[0].silhouette_distance > 6)
    torch.testing.assert_close(found.depth[denied], wrong.depth[denied])
    agreed = equator & (views[0].silhouette_distance < -6)
    assert ((wrong.depth - found.depth)[agreed] > 0.5).all()


def test_one_view_alone_stays(views: list[View]) -> None:
    """Its hull is a cone that has no front, also for depths beyond all space."""
    alone = views[0].with_depth(views[0].depth + 2)
    torch.testing.assert_close(confined([alone], RESOLUTION)[0].depth, alone.depth)


def test_a_hull_that_is_open_towards_the_camera_has_no_front(views: list[View]) -> None:
    """That of a bar at the picture's border, whose rays leave the volume on their way."""
    bar = torch.zeros_like(views[0].mask)
    bar[30:66, 88:90] = True
    alone = replace(views[0], mask=bar, depth=torch.where(bar, 4.5, 0.0))
    torch.testing.assert_close(confined([alone], RESOLUTION)[0].depth, alone.depth)
