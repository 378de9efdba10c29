# SPDX-License-Identifier: GPL-3.0-or-later
"""Confidence of pixels and of vertices, where both can be told by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from engine.mesh.confidence import at_projected_vertices, at_seen_vertices, confidence_of
from engine.mesh.mesh import Mesh
from engine.methods.pop3d.cameras import Place, camera_at
from engine.picture.picture import Floats
from engine.surface.estimate import SurfaceEstimate

N = 32


def ramp() -> Floats:
    """(N, N), as large as the place from left to right, 0..1; unknown in the two outermost columns."""
    image: Floats = np.tile((np.arange(N, dtype=np.float32) + 0.5) / np.float32(N), (N, 1))
    image[:, [0, -1]] = np.nan
    return image


def test_what_is_certain_is_one_and_what_is_random_is_nothing() -> None:
    uncertainty = np.array([[0, np.pi / 4], [np.pi / 2, np.nan]], np.float32)
    estimate = SurfaceEstimate(~np.isnan(uncertainty), uncertainty, np.zeros((2, 2, 3), np.float32), uncertainty)
    np.testing.assert_allclose(confidence_of(estimate), [[1, 0.5], [0, np.nan]], atol=1e-6)


def test_a_projected_mesh_has_that_of_its_place_in_the_picture() -> None:
    """A quad that is the whole crop; at its corners nothing is known, and the nearest number counts."""
    uv = np.array([[(0, 0), (1, 0), (1, 1), (0.5, 1)]], np.float32)
    mesh = Mesh(np.zeros((4, 3), np.float32), np.array([[0, 1, 2, 3]], np.int32), uv, uv)
    found = at_projected_vertices(mesh, ramp())
    np.testing.assert_allclose(found, [1.5 / N, 1 - 1.5 / N, 1 - 1.5 / N, 0.5], atol=1e-5)


def test_what_the_camera_does_not_see_was_made_up() -> None:
    """Of a cube round the origin the front's vertices are seen, those behind are not."""
    corners = np.array([(x, y, z) for y in (-0.4, 0.4) for z in (-0.4, 0.4) for x in (-0.4, 0.4)], np.float32)
    front, right = [0, 1, 3, 2], [1, 5, 7, 3]
    faces = np.array([front, right, [5, 4, 6, 7], [4, 0, 2, 6], [2, 3, 7, 6], [4, 5, 1, 0]], np.int32)
    uv = np.zeros((6, 4, 2), np.float32)
    camera = camera_at(Place(0, 0), 64)
    found = at_seen_vertices(Mesh(corners, faces, uv, uv), ramp(), camera)
    places, _ = camera.project(torch.from_numpy(corners))
    assert found[:4] == pytest.approx(places[:4, 0].numpy() / 64, abs=1e-3)
    assert (found[4:] == 0).all()
