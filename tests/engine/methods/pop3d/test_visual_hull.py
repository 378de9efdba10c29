# SPDX-License-Identifier: GPL-3.0-or-later
"""Space carving."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from engine.errors import StageError
from engine.field.grid import voxel_centres
from engine.geometry.camera import Camera
from engine.geometry.triangles import RayCaster
from engine.mesh.iso_surface import iso_surface
from engine.methods.pop3d.cameras import Place, camera_at
from engine.methods.pop3d.visual_hull import carving_votes, hull_depths, sees_empty
from tests.engine.field.analytic_views import sphere_view, square_view

FRONT, SIDE, BACK = (camera_at(Place(azimuth, 0), 64) for azimuth in (0, 90, 180))


def hull_mask(votes: torch.Tensor, camera: Camera, threshold: int = 1) -> np.ndarray:
    return np.isfinite(hull_depths(votes, camera, threshold)[0])


def test_votes_on_a_cube_seen_from_two_sides() -> None:
    """Faces of the cube of edge 1, 2.5 from the front and side cameras."""
    front, side = square_view(FRONT, 0.5, 2.5), square_view(SIDE, 0.5, 2.5)
    points = torch.tensor(
        [
            [0.0, 0, 0],  # inside
            [0, -0.7, 0],  # before the front face, in the front's mask; beside the side's mask
            [0.7, 0, 0],  # before the side face
            [0.45, 0.55, 0],  # hidden behind the front face; just beside the side's mask
            [0, 0.9, 0],  # far behind the front face; beside the side's mask
            [0, 0, 0.8],  # above both
            [-0.45, 0.3, 0],  # inside, hidden from both
        ]
    )
    assert sees_empty(front, points).tolist() == [False, True, True, False, False, True, False]
    assert sees_empty(side, points).tolist() == [False, True, True, True, True, True, False]


def test_what_is_at_the_surface_stays() -> None:
    front = square_view(FRONT, 0.5, 2.5)
    at = torch.tensor([[0, -0.5, 0], [0, -0.52, 0], [0, -0.54, 0]])
    assert sees_empty(front, at, tolerance=0.03).tolist() == [False, False, True]


def test_votes_are_counted_in_the_volume() -> None:
    views = [square_view(FRONT, 0.5, 2.5), square_view(SIDE, 0.5, 2.5)]
    votes = carving_votes(views, 16)
    expected = sum(sees_empty(view, voxel_centres(16)).int() for view in views)
    assert torch.equal(votes.int(), torch.as_tensor(expected))
    assert votes.max() == 2
    assert votes.min() == 0


def test_the_hull_of_all_sides_has_the_silhouette_of_the_object() -> None:
    views = [sphere_view(camera_at(Place(azimuth, 0), 64)) for azimuth in (0, 90, 180, -90)]
    new = sphere_view(camera_at(Place(45, 0), 64))
    hull = hull_mask(carving_votes(views, 64), new.camera)
    assert hull[new.mask.numpy()].mean() > 0.99
    assert hull.sum() < 1.1 * new.mask.sum()


def test_the_hull_of_all_sides_holds_what_is_seen_of_the_object() -> None:
    """Between where a ray enters the hull and where it leaves it, which on this side is beyond the middle."""
    views = [sphere_view(camera_at(Place(azimuth, 0), 64)) for azimuth in (0, 90, 180, -90)]
    new = sphere_view(camera_at(Place(45, 0), 64))
    enters, leaves = hull_depths(carving_votes(views, 64), new.camera)
    depth, both = new.depth.numpy(), new.mask.numpy() & np.isfinite(enters)
    assert (enters < depth + 0.06)[both].all()
    assert (leaves > depth - 0.06)[both].all()
    assert enters[32, 32] == pytest.approx(2.3, abs=0.1)
    assert leaves[32, 32] == pytest.approx(3.7, abs=0.1)


def test_one_view_leaves_all_that_it_hides() -> None:
    votes = carving_votes([sphere_view(FRONT)], 64)
    object_in_new = sphere_view(camera_at(Place(90, 0), 64)).mask.numpy()
    assert hull_mask(votes, SIDE).sum() > 1.4 * object_in_new.sum()


def test_more_votes_asked_for_carve_less() -> None:
    views = [sphere_view(FRONT, 0.7), sphere_view(BACK, 0.4)]  # the second is wrong
    votes = carving_votes(views, 32)
    once, twice = hull_mask(votes, FRONT, 1), hull_mask(votes, FRONT, 2)
    assert (twice >= once).all()
    assert twice.sum() > 2 * once.sum()


def test_nothing_left_is_said() -> None:
    with pytest.raises(StageError):
        hull_depths(torch.ones((8, 8, 8), dtype=torch.uint8), FRONT)


def test_casting_a_view_of_a_mesh() -> None:
    """Mask and depth of a sphere's mesh are those of the sphere."""
    truth = sphere_view(SIDE)
    mesh = iso_surface((voxel_centres(48).norm(dim=-1) - 0.7).numpy())
    faces, depth = RayCaster(mesh).view(SIDE)
    both = (faces >= 0) & truth.mask.numpy()
    assert both.sum() > 0.98 * ((faces >= 0) | truth.mask.numpy()).sum()
    assert np.abs(depth - truth.depth.numpy())[both].mean() < 0.005
