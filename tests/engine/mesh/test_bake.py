# SPDX-License-Identifier: GPL-3.0-or-later
"""Textures from views."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from engine.field.grid import voxel_centres
from engine.field.view import View
from engine.geometry.triangles import Triangles
from engine.mesh.bake import bake, extended
from engine.mesh.iso_surface import iso_surface
from engine.mesh.simplify import simplified
from engine.mesh.unwrap import unwrap
from engine.methods.pop3d.cameras import RING, Place, camera_at
from tests.engine.field.analytic_views import sphere_view

RADIUS, SIZE = 0.7, 128


@pytest.fixture(scope="module")
def ball() -> Triangles:
    return simplified(iso_surface((voxel_centres(32).norm(dim=-1) - RADIUS).numpy()), 600)


@pytest.fixture(scope="module")
def coordinates(ball: Triangles) -> NDArray[np.float32]:
    return unwrap(ball, SIZE)


@pytest.fixture(scope="module")
def ring() -> list[View]:
    return [sphere_view(camera_at(place, 96), RADIUS) for place in RING]


def at(texture: NDArray[np.float32], uv: NDArray[np.float32]) -> NDArray[np.float32]:
    """Colours (P, 3) of the texels at `uv` (P, 2)."""
    place = np.clip((uv * len(texture)).astype(int), 0, len(texture) - 1)
    colors: NDArray[np.float32] = texture[len(texture) - 1 - place[:, 1], place[:, 0]]
    return colors


def painted(view: View, color: float) -> View:
    return replace(view, color=torch.where(view.mask[..., None], color, 1.0).expand_as(view.color))


def test_a_sphere_gets_the_colours_of_its_views(
    ball: Triangles, coordinates: NDArray[np.float32], ring: list[View]
) -> None:
    baked = bake(ball, coordinates, ring, SIZE)
    middles = ball.vertices[ball.faces].mean(1)
    expected = middles / np.linalg.norm(middles, axis=1, keepdims=True) / 2 + 0.5
    found = at(baked.texture, coordinates.mean(1))
    seen = np.abs(middles[:, 2]) < 0.55
    assert np.abs(found - expected)[seen].mean() < 0.03
    assert np.abs(found - expected).max() < 0.35  # the poles are filled from their neighbours
    assert 0.85 < baked.seen < 0.999
    assert baked.texture.shape == (SIZE, SIZE, 3)


def test_the_input_view_wins_where_it_sees(ball: Triangles, coordinates: NDArray[np.float32], ring: list[View]) -> None:
    baked = bake(ball, coordinates, [painted(ring[0], 0.2), *(painted(view, 0.8) for view in ring[1:])], SIZE)
    found = at(baked.texture, coordinates.mean(1))
    front = ball.face_normals() @ np.array([0, -1, 0])
    assert found[front > 0.6] == pytest.approx(0.2, abs=0.01)
    assert found[front < -0.2] == pytest.approx(0.8, abs=0.01)


def test_one_view_leaves_the_back_to_be_filled(
    ball: Triangles, coordinates: NDArray[np.float32], ring: list[View]
) -> None:
    baked = bake(ball, coordinates, [painted(ring[0], 0.2)], SIZE)
    assert 0.25 < baked.seen < 0.5
    assert baked.texture == pytest.approx(0.2, abs=0.01)


def test_what_is_hidden_takes_no_colour() -> None:
    """A small dark sphere before a large one, which has its own colour also where only another view sees it."""
    centres = voxel_centres(48)
    large, small = centres.norm(dim=-1) - 0.5, (centres - torch.tensor([0.0, -0.8, 0.0])).norm(dim=-1) - 0.15
    mesh = iso_surface(torch.minimum(large, small).numpy())
    back, aside, front = (painted(sphere_view(camera_at(Place(k, 0), 96), 0.5), 0.6) for k in (180, 60, 0))
    before = sphere_view(front.camera, 0.15, (0, -0.8, 0))
    dark = replace(front, color=torch.where(before.mask[..., None], 0.1, front.color))
    coordinates = unwrap(mesh, SIZE)
    baked = bake(mesh, coordinates, [back, aside, dark], SIZE)
    middles = mesh.vertices[mesh.faces].mean(1)
    shadowed = (np.linalg.norm(middles, axis=1) < 0.55) & (middles[:, 1] < 0) & (np.hypot(*middles[:, [0, 2]].T) < 0.3)
    assert shadowed.sum() > 50
    assert at(baked.texture, coordinates.mean(1))[shadowed].mean() > 0.58


def test_colours_go_on_beyond_the_edge(ring: list[View]) -> None:
    view = painted(ring[0], 0.3)
    assert (extended(view) == 0.3).all()
