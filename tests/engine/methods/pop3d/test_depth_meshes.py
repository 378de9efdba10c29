# SPDX-License-Identifier: GPL-3.0-or-later
"""What earlier views say for sure."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from engine.geometry.camera import Camera
from engine.methods.pop3d.cameras import Place, camera_at
from engine.methods.pop3d.depth_meshes import depth_mesh, farthest_depth
from tests.engine.field.analytic_views import sphere_view, square_view

FRONT, OBLIQUE, SIDE, BACK = (camera_at(Place(azimuth, 0), 64) for azimuth in (0, 45, 90, 180))


def test_a_square_has_two_triangles_for_four_pixels() -> None:
    view = square_view(FRONT, 0.5, 3.0)
    mesh = depth_mesh(view)
    side = int(view.mask.any(0).sum())
    assert len(mesh.faces) == 2 * (side - 1) ** 2
    assert mesh.vertices[:, 1].tolist() == pytest.approx([0] * side**2, abs=1e-5)
    assert (mesh.face_normals()[:, 1] < -0.99).all()  # towards the camera


def test_a_jump_in_depth_is_not_bridged() -> None:
    view = square_view(FRONT, 0.5, 3.0)
    depth = view.depth.clone()
    depth[:, 32:] += 0.5
    broken = depth_mesh(view.with_depth(depth))
    side = int(view.mask.any(0).sum())
    assert len(broken.faces) == 2 * (side - 1) * (side - 2)
    assert np.ptp(broken.vertices[broken.faces][..., 1], axis=1).max() < 0.1


def test_the_surface_lies_where_it_was_seen() -> None:
    view = sphere_view(FRONT)
    limit = torch.from_numpy(farthest_depth([view], FRONT))
    inner = view.mask & (view.cosine > 0.4)
    assert ((limit - view.depth)[inner].abs() < 5e-3).float().mean() > 0.99
    assert limit[~view.mask].isinf().all()


@pytest.mark.parametrize("camera", [OBLIQUE, SIDE, BACK])
def test_what_was_seen_lies_in_every_outline_and_not_before_the_surface(camera: Camera) -> None:
    truth = sphere_view(camera)
    limit = torch.from_numpy(farthest_depth([sphere_view(FRONT), sphere_view(OBLIQUE)], camera))
    certain = limit.isfinite()
    assert certain.sum() > 0.5 * truth.mask.sum()
    assert (certain & ~truth.mask).sum() <= 2  # up to a pixel cut by the outline
    both = certain & truth.mask
    assert (limit - truth.depth)[both].min() > -0.02
