# SPDX-License-Identifier: GPL-3.0-or-later
"""Normal maps of surfaces whose normals are known."""

from __future__ import annotations

import numpy as np
import pytest

from engine.geometry.triangles import Triangles
from engine.mesh.normal_map import baked_normals

SIZE = 64


def height(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return 0.004 * np.sin(20 * x) + 0.003 * np.cos(15 * y)


def sheet(count: int, lift: bool) -> tuple[Triangles, np.ndarray]:
    """A square from 0 to 1 that faces -Y, with its texture coordinates: the place in it."""
    x, z = (axis.ravel() for axis in np.meshgrid(np.linspace(0, 1, count), np.linspace(0, 1, count)))
    number = np.arange(count * count).reshape(count, count)
    a, b, c, d = number[:-1, :-1], number[:-1, 1:], number[1:, 1:], number[1:, :-1]
    faces = np.concatenate([np.stack(t, -1).reshape(-1, 3) for t in ((a, b, c), (a, c, d))])
    vertices = np.stack([x, -height(x, z) if lift else 0 * x, z], 1).astype(np.float32)
    return Triangles(vertices, faces), np.stack([x, z], 1)[faces].astype(np.float32)


def test_waves_on_a_square() -> None:
    fine, _ = sheet(200, lift=True)
    coarse, uv = sheet(4, lift=False)
    map_ = baked_normals(coarse, uv, fine, SIZE)
    assert map_.shape == (SIZE, SIZE, 3)
    centres = (np.arange(SIZE) + 0.5) / SIZE
    u, v = np.meshgrid(centres, 1 - centres)
    truth = np.stack([-0.08 * np.cos(20 * u), 0.045 * np.sin(15 * v), np.ones_like(u)], -1)
    truth /= np.linalg.norm(truth, axis=-1, keepdims=True)
    inner = np.s_[2:-2, 2:-2]
    np.testing.assert_allclose((2 * map_ - 1)[inner], truth[inner], atol=0.01)


def test_turned_texture_coordinates_turn_the_map() -> None:
    fine, _ = sheet(200, lift=True)
    coarse, uv = sheet(4, lift=False)
    plain = 2 * baked_normals(coarse, uv, fine, SIZE) - 1
    turned = 2 * baked_normals(coarse, np.stack([1 - uv[..., 1], uv[..., 0]], -1), fine, SIZE) - 1
    back = np.rot90(turned, -1)  # the chart was turned by a quarter, counter-clockwise
    np.testing.assert_allclose(back[..., 0], -plain[..., 1], atol=0.02)
    np.testing.assert_allclose(back[..., 1], plain[..., 0], atol=0.02)


def test_a_mesh_has_no_more_to_tell_of_itself() -> None:
    mesh, uv = sheet(12, lift=True)
    blue = 2 * baked_normals(mesh, uv, mesh, SIZE)[..., 2] - 1
    assert blue == pytest.approx(1, abs=2e-3)
