# SPDX-License-Identifier: GPL-3.0-or-later
"""Projection and rays of a camera."""

from __future__ import annotations

import json
import math

import pytest
import torch

from engine.geometry.camera import Camera
from engine.methods.pop3d.cameras import Place, camera_at


def front(size: int = 8, fov: float = 90.0) -> Camera:
    """At (0, -2, 0), looking along +y."""
    matrix = torch.tensor([[1.0, 0, 0, 0], [0, 0, -1, -2], [0, 1, 0, 0], [0, 0, 0, 1]])
    return Camera(matrix, size, fov)


def test_projection_by_hand() -> None:
    points = torch.tensor([[0.0, 0, 0], [1, 0, 0], [0, 0, 1], [0, 2, -2]])
    places, depth = front().project(points)
    # 90 degrees: the focal length is half the picture, 4 pixels.
    torch.testing.assert_close(places, torch.tensor([[4.0, 4], [6, 4], [4, 2], [4, 6]]))
    torch.testing.assert_close(depth, torch.tensor([2.0, 2, 2, 4]))


def test_rays_go_through_the_pixels_centres() -> None:
    camera = camera_at(Place(-135, 20), 6)
    depth = torch.linspace(1, 5, 36).reshape(6, 6)
    places, found = camera.project(camera.eye + depth[..., None] * camera.rays())
    torch.testing.assert_close(found, depth)
    rows, columns = torch.meshgrid(torch.arange(6) + 0.5, torch.arange(6) + 0.5, indexing="ij")
    torch.testing.assert_close(places, torch.stack([columns, rows], -1))


def test_focal_length_and_size() -> None:
    camera = front(256, 60.0)
    assert camera.focal_length == pytest.approx(128 / math.tan(math.radians(30)))
    assert camera.resized(512).focal_length == pytest.approx(2 * camera.focal_length)


def test_what_its_file_holds() -> None:
    camera = front(32, 60.0)
    record = json.loads(json.dumps(camera.record()))
    assert record == {"matrix": camera.matrix.tolist(), "fov": 60.0, "width": 32, "height": 32}
