# SPDX-License-Identifier: GPL-3.0-or-later
"""The surface that the mesh is made from."""

from __future__ import annotations

import numpy as np
import pytest

from engine.geometry.image_map import pixel_centres
from engine.geometry.triangles import RayCaster, Triangles
from engine.mesh.front import drape_mesh
from engine.mesh.mesh import Mesh
from engine.methods.dreamtexture.fine import GRID, MeshSurface, mesh_surface
from engine.picture.picture import Picture, square_round
from engine.surface.relief import estimate
from tests.engine.surface.tiny_estimators import tiny_estimator

SIDE = 480


def disc_with_wires() -> Picture:
    """A disc from which an upright and a slanting wire lead away, 1/150 of the picture wide."""
    y, x = np.mgrid[:SIDE, :SIDE] + 0.5
    half = SIDE / 150 / 2
    disc = np.hypot(x - 240, y - 330) < 120
    slope = np.hypot(1, 0.4)
    wires = (np.abs(x - 200) < half) | (np.abs(x - 240 - 0.4 * (330 - y)) < half * slope)
    mask = (disc | (wires & (y < 330) & (y > 20))).astype(np.float32)
    return Picture(np.full((SIDE, SIDE, 3), 0.5, np.float32), mask, square_round(mask), "file")


def share_kept(mesh: Mesh, coverage: np.ndarray) -> float:
    """Of the pixels at least half covered, those whose centres lie in the mesh."""
    flat = np.pad(mesh.uv_picture.reshape(-1, 2), ((0, 0), (0, 1))).astype(np.float32)
    row, column = np.nonzero(coverage >= 0.5)
    size = len(coverage)
    origins = np.stack([(column + 0.5) / size, 1 - (row + 0.5) / size, np.ones(len(row))], 1).astype(np.float32)
    down = np.broadcast_to(np.array([0, 0, -1], np.float32), origins.shape)
    return float(RayCaster(Triangles(flat, mesh.triangles)).blocked(origins, down).mean())


def test_wires_of_a_150th_of_the_picture_stay() -> None:
    picture = disc_with_wires()
    surface = mesh_surface(picture, estimate(picture, tiny_estimator(spread=1e-3)), 128)
    assert surface.depth.shape == (GRID, GRID)
    mesh = drape_mesh(surface.depth, pixel_centres(GRID), surface.coverage, size=1.0)
    above = surface.coverage.copy()
    above[GRID * 2 // 5 :] = 0
    assert above.sum() > 200
    assert share_kept(mesh, above) > 0.99


def test_smooth_news_are_added_in_the_same_places() -> None:
    n = 64
    x, y = np.moveaxis(pixel_centres(n), -1, 0)
    news = np.where(np.hypot(x, y) < 0.8, 0.3 * x + 0.1 * y, np.nan)
    changed = MeshSurface(np.zeros((128, 128)), np.ones((128, 128))).changed_by(news)
    fine_x, fine_y = np.moveaxis(pixel_centres(128), -1, 0)
    inside = np.hypot(fine_x, fine_y) < 0.75
    np.testing.assert_allclose(changed.depth[inside], (0.3 * fine_x + 0.1 * fine_y)[inside], atol=1e-6)


def test_coordinates_of_the_identity_stay() -> None:
    surface = MeshSurface(np.zeros((96, 96)), np.ones((96, 96)))
    assert surface.continued(pixel_centres(32)) == pytest.approx(pixel_centres(96))
