# SPDX-License-Identifier: GPL-3.0-or-later
"""The figures of a result, computed by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from engine.field.grid import voxel_centres
from engine.geometry.triangles import Triangles
from engine.mesh.iso_surface import iso_surface
from engine.methods.pop3d.cameras import Place, camera_at
from engine.methods.pop3d.quality import picture_psnr, silhouette_overlap, textured
from tests.engine.field.analytic_views import sphere_view, square_view

CAMERA = camera_at(Place(0, 0), 64)
SQUARE = Triangles(
    np.array([[-0.5, 0, -0.5], [0.5, 0, -0.5], [0.5, 0, 0.5], [-0.5, 0, 0.5]], np.float32),
    np.array([[0, 1, 2], [0, 2, 3]]),
)
CHARTS = (SQUARE.vertices[:, [0, 2]] + 0.5)[SQUARE.faces]


def test_outlines() -> None:
    ball = iso_surface((voxel_centres(48).norm(dim=-1) - 0.7).numpy())
    view = sphere_view(CAMERA, 0.7)
    assert silhouette_overlap(ball, view) > 0.97
    half = view.mask.clone()
    half[:, 32:] = False
    assert silhouette_overlap(ball, replace(view, mask=half)) == pytest.approx(0.5, abs=0.02)


def test_a_textured_square_shows_its_texture() -> None:
    """Red on the left, blue on the right, the upper half bright."""
    texture = np.zeros((8, 8, 3), np.float32)
    texture[:, :4, 0] = texture[:, 4:, 2] = 0.5
    texture[:4] *= 2
    shown = textured(SQUARE, CHARTS, texture, CAMERA)
    np.testing.assert_allclose(shown[28, 28], [1, 0, 0], atol=1e-5)
    np.testing.assert_allclose(shown[36, 36], [0, 0, 0.5], atol=1e-5)
    np.testing.assert_allclose(shown[0, 0], 1)


def test_psnr_counts_the_mask_only() -> None:
    view = square_view(CAMERA, 0.4, 3.0)
    texture = np.full((4, 4, 3), 0.5, np.float32)
    off = replace(view, color=torch.where(view.mask[..., None], 0.6, 0.0))
    assert picture_psnr(SQUARE, CHARTS, texture, off) == pytest.approx(20, abs=0.01)
