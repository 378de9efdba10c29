# SPDX-License-Identifier: GPL-3.0-or-later
"""Fusing views, exact and not."""

from __future__ import annotations

import pytest
import torch

from engine.field.fusion import TRUNCATION, fuse, projected_colors, redistanced
from engine.field.grid import voxel_centres, voxel_size
from engine.field.view import View
from engine.methods.pop3d.cameras import CAPS, RING, camera_at
from tests.engine.field.analytic_views import sphere_view

RADIUS = 0.6
RESOLUTION = 32


@pytest.fixture(scope="module")
def views() -> list[View]:
    return [sphere_view(camera_at(place, 64), RADIUS) for place in RING + CAPS]


def test_a_sphere_seen_all_round(views: list[View]) -> None:
    """Next to its surface the fused distance is the sphere's."""
    truth = voxel_centres(RESOLUTION).norm(dim=-1) - RADIUS
    size = voxel_size(RESOLUTION)
    error = (fuse(views, RESOLUTION) - truth).abs()
    assert error[truth.abs() < size].mean() < 0.2 * size
    assert error[truth.abs() < size].max() < size


def test_far_voxels_are_cut(views: list[View]) -> None:
    volume = fuse(views, RESOLUTION)
    limit = TRUNCATION * voxel_size(RESOLUTION)
    assert volume[0, 0, 0] == pytest.approx(limit)
    assert volume[16, 16, 16] == pytest.approx(-limit)


def test_what_no_view_sees_is_inside(views: list[View]) -> None:
    """Behind the sphere seen from the front only, in its shadow, and not beside it."""
    volume = fuse(views[:1], RESOLUTION)
    centres = voxel_centres(RESOLUTION)
    behind = ((centres - torch.tensor([0.0, 0.8, 0.0])).norm(dim=-1)).argmin()
    beside = ((centres - torch.tensor([0.9, 0.8, 0.0])).norm(dim=-1)).argmin()
    assert volume.flatten()[behind] < 0
    assert volume.flatten()[beside] > 0


def test_silhouettes_bound_what_wrong_depths_would_not(views: list[View]) -> None:
    """Depths that are all too near blow the sphere up, but not out of its silhouettes."""
    near = [view.with_depth(view.depth - 0.15) for view in views]
    truth = voxel_centres(RESOLUTION).norm(dim=-1) - RADIUS
    assert (fuse(near, RESOLUTION)[truth > 1.7 * voxel_size(RESOLUTION)] > 0).all()


def test_redistancing_keeps_the_surface_and_knows_far_distances(views: list[View]) -> None:
    volume = fuse(views, RESOLUTION)
    again = redistanced(volume)
    size = voxel_size(RESOLUTION)
    truth = voxel_centres(RESOLUTION).norm(dim=-1) - RADIUS
    assert torch.equal(again > 0, volume > 0)
    torch.testing.assert_close(again[volume.abs() < 0.4 * size], volume[volume.abs() < 0.4 * size])
    assert (again - truth).abs().max() < size


def test_colors_are_the_views(views: list[View]) -> None:
    """The sphere's colour is its normal."""
    volume = redistanced(fuse(views, RESOLUTION))
    colors = projected_colors(views, volume)
    centres = voxel_centres(RESOLUTION)
    near = volume.abs() < 0.5 * voxel_size(RESOLUTION)
    expected = centres[near] / centres[near].norm(dim=-1, keepdim=True) / 2 + 0.5
    assert (colors[:, near].T - expected).abs().mean() < 0.03
    assert (colors[:, 16, 16, 16] == 0.5).all()
