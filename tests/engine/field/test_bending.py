# SPDX-License-Identifier: GPL-3.0-or-later
"""Views are bent until their surface has their outlines."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from engine.field.bending import CELLS, bent, moved_by
from engine.field.fusion import fuse
from engine.field.grid import voxel_centres, voxel_size
from engine.field.silhouettes import drawn_out
from engine.field.view import View
from engine.mesh.iso_surface import iso_surface
from engine.methods.pop3d.cameras import RING, WINDOW_FIELD_OF_VIEW, camera_at
from tests.engine.field.analytic_views import sphere_view, square_view

RESOLUTION = 48
SIZE = voxel_size(RESOLUTION)
RADIUS = 0.7
CAMERA = camera_at(RING[0], 96, WINDOW_FIELD_OF_VIEW)


@pytest.fixture(scope="module")
def views() -> list[View]:
    return [sphere_view(camera_at(place, 96, WINDOW_FIELD_OF_VIEW), RADIUS) for place in RING]


def test_what_has_its_outlines_stays(views: list[View]) -> None:
    assert errors(bent(views, RESOLUTION), views).mean() < 0.1 * SIZE


def test_depths_come_to_where_the_outlines_want_them(views: list[View]) -> None:
    """At the outlines and between them."""
    wrong = [view.with_depth(view.depth + 0.05) for view in views]
    assert errors(bent(wrong, RESOLUTION), views).mean() < 0.02


def test_normals_turn_with_the_surface() -> None:
    """By as much as the slope of what is added to it."""
    view = square_view(CAMERA, 0.5, 3.0)
    cells = voxel_centres(CELLS)
    moved = moved_by(view, 0.1 * cells[..., 0])
    slope = -(moved.depth - view.depth)[48, 40:56].diff().mean() / (3 / CAMERA.focal_length)
    assert slope == pytest.approx(0.1, abs=0.01)
    torch.testing.assert_close(moved.normal[48, 48], F.normalize(torch.tensor([-0.1, -1, 0]), dim=0), atol=1e-3, rtol=0)


def test_no_fin_stands_on_the_outline(views: list[View]) -> None:
    """All but the first see their surface too far behind."""
    wrong = [views[0], *(view.with_depth(view.depth + 0.08) for view in views[1:])]

    def steepest(views: list[View]) -> float:
        """The least cosine between a normal and the sphere's, away from the poles, where no view looks."""
        mesh = iso_surface(drawn_out(fuse(views, RESOLUTION), views).numpy())
        middle = mesh.vertices[mesh.faces].mean(1)
        cosine = (mesh.face_normals() * middle).sum(1) / np.linalg.norm(middle, axis=1)
        return float(np.quantile(cosine[np.abs(middle[:, 2]) < 0.4], 0.01))

    assert steepest(wrong) < 0.7
    assert steepest(bent(wrong, RESOLUTION)) > 0.85


def errors(found: list[View], truth: list[View]) -> torch.Tensor:
    """Of the depths that are seen well, away from the poles, where no view looks."""
    rows = slice(28, 68)
    pairs = zip(found, truth, strict=True)
    return torch.cat([(ours.depth - view.depth)[rows][view.cosine[rows] > 0.3].abs() for ours, view in pairs])
