# SPDX-License-Identifier: GPL-3.0-or-later
"""From world units to the scene."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from engine.field.grid import RADIUS, voxel_centres
from engine.geometry.triangles import Triangles
from engine.mesh.iso_surface import iso_surface
from engine.methods.pop3d.cameras import WINDOW, WINDOW_FIELD_OF_VIEW, Place, camera_at
from engine.methods.pop3d.first_view import framed
from engine.methods.pop3d.output import equal_density, fine_view, in_scene, moved, seen_by
from tests.engine.field.analytic_views import sphere_view
from tests.engine.methods.pop3d.analytic_pictures import disc_picture


def test_a_camera_moves_with_the_mesh() -> None:
    """Each point stays in its pixel, at a depth in metres."""
    vertices = np.random.default_rng(0).uniform(-0.5, 0.6, (30, 3)).astype(np.float32)
    view = sphere_view(camera_at(Place(-45, 0), 64))
    placed, origin, scale = in_scene(vertices, 2.0)
    assert np.ptp(placed, axis=0).max() == pytest.approx(2)
    assert placed[:, 2].min() == 0
    there = moved(view, origin, scale)
    before, depth = view.camera.project(torch.from_numpy(vertices))
    after, in_metres = there.camera.project(torch.from_numpy(placed))
    torch.testing.assert_close(after, before, atol=1e-3, rtol=0)
    torch.testing.assert_close(in_metres, depth * scale)
    torch.testing.assert_close(there.depth, view.depth * scale)


def test_depth_and_normals_of_a_sphere() -> None:
    ball = iso_surface((voxel_centres(64).norm(dim=-1) - 0.7).numpy())
    depth, normal = seen_by(camera_at(Place(90, 0), 63, WINDOW_FIELD_OF_VIEW), ball)
    assert depth[31, 31] == pytest.approx(0.7 / WINDOW, abs=0.01)
    assert normal[31, 31] == pytest.approx([0, 0, 1], abs=0.1)
    assert normal[31, 45, 0] > 0.5  # right of the middle it looks to the right
    assert normal[15, 31, 1] > 0.5  # above it, up
    assert np.isnan(depth[0, 0])
    assert np.isnan(normal[0, 0]).all()
    assert np.nanmax(depth) < RADIUS / WINDOW


def test_the_virtual_texture_has_one_scale() -> None:
    """A box of 2 x 1 x 1 whose sides are unfolded to charts of one density: one unit is its length."""
    square = np.array([[0, 0, 0], [2, 0, 0], [2, 1, 0], [0, 1, 0]], np.float32)
    mesh = Triangles(square, np.array([[0, 1, 2], [0, 2, 3]]))
    charts = equal_density(mesh, 0.1 * square[:, :2][mesh.faces])
    assert np.ptp(charts[..., 0]) == pytest.approx(1)
    assert np.ptp(charts[..., 1]) == pytest.approx(0.5)


def test_the_fine_view_shows_the_same_part_of_the_picture() -> None:
    picture = framed(disc_picture())
    coarse = camera_at(Place(0, 0), 32, WINDOW_FIELD_OF_VIEW)
    fine = fine_view(picture, coarse, 128)
    assert (fine.camera.size, fine.camera.fov) == (128, coarse.fov)
    small = fine_view(picture, coarse, 32).mask.float()
    shrunk = fine.mask.float().reshape(32, 4, 32, 4).mean((1, 3))
    assert (small - shrunk).abs().mean() < 0.03
