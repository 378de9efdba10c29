# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known of a new view of a sphere of which the front has been seen."""

from __future__ import annotations

import pytest
import torch

from engine.field.grid import voxel_centres
from engine.field.view import View
from engine.geometry.triangles import RayCaster
from engine.mesh.iso_surface import iso_surface
from engine.methods.pop3d.cameras import WINDOW_FIELD_OF_VIEW, Place, camera_at
from engine.methods.pop3d.new_view import NewView, new_view
from tests.engine.field.analytic_views import sphere_view

PLACES = (Place(0, 0), Place(45, 0))
FRONT, OBLIQUE = (sphere_view(camera_at(place, 96, WINDOW_FIELD_OF_VIEW)) for place in PLACES)


@pytest.fixture(scope="module")
def new() -> NewView:
    ball = RayCaster(iso_surface((voxel_centres(64).norm(dim=-1) - 0.7).numpy()))
    return new_view(PLACES[1], OBLIQUE.camera, [FRONT], ball, lambda: OBLIQUE.color)


def share(part: torch.Tensor, whole: torch.Tensor) -> float:
    return float((part & whole).sum() / whole.sum())


def test_known_and_hole_are_apart_and_together_hold_the_object(new: NewView) -> None:
    assert not (new.known & new.hole).any()
    assert share(new.known | new.hole, OBLIQUE.mask) > 0.99
    assert share(OBLIQUE.mask, new.known) > 0.98
    assert new.hole.sum() > OBLIQUE.mask.sum() - new.known.sum()  # the hull leaves room behind the sphere


def test_what_was_seen_has_its_colour_and_depth(new: NewView) -> None:
    """The sphere's colour is its normal."""
    error = (new.color - OBLIQUE.color)[new.known & OBLIQUE.mask].abs()
    assert error.mean() < 0.01
    assert (new.depth - OBLIQUE.depth)[new.known & OBLIQUE.mask].abs().mean() < 0.005
    assert (new.color[~new.known] == 1).all()
    assert (new.depth[~new.known] == 0).all()


def test_the_front_is_inside_also_where_it_is_turned_away(new: NewView) -> None:
    assert share(OBLIQUE.mask, new.inside) > 0.98
    assert not (new.inside & ~(new.known | new.hole)).any()
    ball = RayCaster(iso_surface((voxel_centres(64).norm(dim=-1) - 0.7).numpy()))
    behind = sphere_view(camera_at(Place(180, 0), 96, WINDOW_FIELD_OF_VIEW))
    view: View = FRONT
    back = new_view(Place(180, 0), behind.camera, [view], ball, lambda: behind.color)
    assert not back.known.any()
    assert share(back.inside, behind.mask) > 0.55  # the part that is not at the front's rim
    assert (back.farthest - behind.depth)[back.inside & behind.mask].min() > 0


def test_the_depth_is_that_of_the_object(new: NewView) -> None:
    """Nowhere before the cone through the front's outline, nor behind what the front shows."""
    assert ((OBLIQUE.depth - new.nearest)[OBLIQUE.mask] > -0.05).all()
    assert ((new.farthest - OBLIQUE.depth)[OBLIQUE.mask] > -0.05).all()
    assert new.farthest[OBLIQUE.mask].isfinite().float().mean() > 0.98


def test_what_was_seen_can_be_told_by_the_pixels(new: NewView) -> None:
    """As in the paper: nearly the same part, coloured alike."""
    ball = RayCaster(iso_surface((voxel_centres(64).norm(dim=-1) - 0.7).numpy()))
    warped = new_view(PLACES[1], OBLIQUE.camera, [FRONT], ball, lambda: OBLIQUE.color, warped=True)
    assert share(warped.known, new.known) > 0.95
    assert share(warped.known, OBLIQUE.mask) > share(new.known, OBLIQUE.mask)  # also what was seen at a slant
    assert (warped.color - OBLIQUE.color)[warped.known & OBLIQUE.mask].abs().mean() < 0.03
