# SPDX-License-Identifier: GPL-3.0-or-later
"""Meshes of triangles, and rays that meet them."""

from __future__ import annotations

import numpy as np
import torch

from engine.geometry.camera import Camera
from engine.geometry.triangles import RayCaster, Triangles, signed_areas

ROOF = Triangles(np.array([[0, 0, 0], [2, 0, 0], [2, 0, 2], [0, -1, 1]], np.float32), np.array([[0, 1, 2], [0, 2, 3]]))
"""A triangle of area 2 that faces -y, and one beside it."""


def test_areas_and_normals() -> None:
    a, b, c = ROOF.vertices[[0, 2, 3]].astype(float)
    across = np.cross(b - a, c - a)
    size = np.linalg.norm(across)
    np.testing.assert_allclose(ROOF.areas(), np.array([2, size / 2]))
    np.testing.assert_allclose(ROOF.face_normals(), np.array([[0, -1, 0], across / size]), atol=1e-6)
    shared = np.array([0, -4, 0]) + across  # weighted by area
    smooth = ROOF.vertex_normals()
    np.testing.assert_allclose(smooth[1], [0, -1, 0], atol=1e-6)
    np.testing.assert_allclose(smooth[[0, 2]], [shared / np.linalg.norm(shared)] * 2, atol=1e-6)


def test_clockwise_triangles_have_negative_areas() -> None:
    corners = np.array([[[0, 0], [2, 0], [0, 3]], [[0, 0], [0, 3], [2, 0]], [[0, 0], [1, 1], [2, 2]]], float)
    assert signed_areas(corners).tolist() == [3, -3, 0]


def test_rays_meet_the_nearest_face() -> None:
    caster = RayCaster(ROOF)
    origins = np.array([[1.5, -3, 0.5], [0.2, -3, 0.8], [-1, -3, 0]], np.float32)
    forwards = np.broadcast_to(np.array([0, 1, 0], np.float32), (3, 3))
    face, weights = caster.first_hits(origins, forwards)
    assert face.tolist() == [0, 1, -1]
    assert weights[2].tolist() == [0, 0, 0]
    points = np.einsum("pk,pkc->pc", weights[:2], ROOF.vertices[ROOF.faces[face[:2]]])
    np.testing.assert_allclose(points[:, [0, 2]], origins[:2, [0, 2]], atol=1e-6)
    assert caster.blocked(origins, forwards).tolist() == [True, True, False]


def test_a_camera_sees_depth_along_its_axis() -> None:
    """And what lies behind where it looks back."""
    matrix = torch.tensor([[1.0, 0, 0, 1], [0, 0, -1, -4], [0, 1, 0, 1], [0, 0, 0, 1]])
    walls = Triangles(
        np.array([[x, y, z] for y in (0, 1) for x, z in ((-9, -9), (9, -9), (0, 9))], np.float32),
        np.array([[0, 1, 2], [3, 4, 5]]),
    )
    face, depth = RayCaster(walls).view(Camera(matrix, 4, 30.0))
    assert (face == 0).all()
    np.testing.assert_allclose(depth, 4, atol=1e-5)
    face, depth = RayCaster(walls).view(Camera(matrix, 4, 30.0), backwards_from=8.0)
    assert (face == 1).all()
    np.testing.assert_allclose(depth, 5, atol=1e-5)
