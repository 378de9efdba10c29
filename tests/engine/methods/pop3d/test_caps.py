# SPDX-License-Identifier: GPL-3.0-or-later
"""Views from above and below, painted without a network."""

from __future__ import annotations

import pytest
import torch

from engine.field.grid import voxel_centres
from engine.geometry.triangles import RayCaster
from engine.mesh.iso_surface import iso_surface
from engine.methods.pop3d.cameras import CAPS, RING, WINDOW_FIELD_OF_VIEW, Place, camera_at
from engine.methods.pop3d.caps import painted_cap
from engine.methods.pop3d.new_view import new_view
from tests.engine.field.analytic_views import sphere_view

SIZE = 64


@pytest.mark.parametrize("place", CAPS)
def test_a_cap_goes_on_from_what_the_ring_shows(place: Place) -> None:
    """A sphere coloured by its normal; what the ring sees well of it is known."""
    truth = sphere_view(camera_at(place, SIZE, WINDOW_FIELD_OF_VIEW))
    ball = RayCaster(iso_surface((voxel_centres(48).norm(dim=-1) - 0.7).numpy()))
    ring = [sphere_view(camera_at(at, SIZE, WINDOW_FIELD_OF_VIEW)) for at in RING]
    new = new_view(place, truth.camera, ring, ball, lambda: torch.ones(SIZE, SIZE, 3))
    color, mask = painted_cap(new)
    assert (mask & truth.mask).sum() > 0.97 * (mask | truth.mask).sum()
    assert torch.equal(color[new.known], new.color[new.known])
    assert (color[~mask] == 1).all()
    painted = mask & truth.mask & ~new.known
    assert painted.sum() > 200
    assert (color - truth.color)[painted].abs().mean() < 0.1
    assert color[painted].std(0).max() < 0.2  # no streaks
