# SPDX-License-Identifier: GPL-3.0-or-later
"""Surfaces of volumes."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from engine.errors import StageError
from engine.field.grid import HALF, voxel_centres, voxel_size
from engine.mesh.iso_surface import iso_surface, without_crumbs
from engine.mesh.simplify import is_closed
from tests.engine.mesh.shapes import signed_volume

CENTRES = voxel_centres(32)


def ball(radius: float, centre: tuple[float, float, float] = (0, 0, 0)) -> np.ndarray:
    volume: np.ndarray = ((CENTRES - torch.tensor(centre, dtype=torch.float32)).norm(dim=-1) - radius).numpy()
    return volume


def test_a_ball_where_it_is() -> None:
    mesh = iso_surface(ball(0.5, (0.3, -0.1, 0.2)))
    assert is_closed(mesh)
    assert signed_volume(mesh) == pytest.approx(4 / 3 * math.pi * 0.5**3, rel=0.03)
    distance = np.linalg.norm(mesh.vertices - [0.3, -0.1, 0.2], axis=1)
    assert np.abs(distance - 0.5).max() < 0.1 * voxel_size(32)


def test_faces_look_outwards() -> None:
    mesh = iso_surface(ball(0.5))
    middles = mesh.vertices[mesh.faces].mean(1)
    assert (np.einsum("fc,fc->f", mesh.face_normals(), middles) > 0).all()
    assert (np.einsum("vc,vc->v", mesh.vertex_normals(), mesh.vertices) > 0.49).all()


def test_values_of_zero_make_no_faces_without_area() -> None:
    volume = np.round((CENTRES.abs().amax(-1).numpy() - 0.5) / voxel_size(32)) * voxel_size(32)
    assert (volume == 0).any()
    corners = iso_surface(volume.astype(np.float32)).vertices[iso_surface(volume.astype(np.float32)).faces]
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1) / 2
    assert area.min() > 1e-7


def test_what_reaches_the_border_is_closed_there() -> None:
    mesh = iso_surface(CENTRES[..., 2].numpy())
    assert is_closed(mesh)
    assert np.abs(mesh.vertices).max() <= HALF + voxel_size(32) / 2


def test_crumbs_and_cavities_go_and_twins_stay() -> None:
    left, right = ball(0.3, (-0.5, 0, 0)), ball(0.35, (0.5, 0, 0))
    crumb, cavity = ball(0.07, (0, 0, 0.8)), ball(0.15, (0.5, 0, 0))
    mesh = iso_surface(np.maximum(np.minimum.reduce([left, right, crumb]), -cavity))
    kept = without_crumbs(mesh)
    assert is_closed(kept)
    assert kept.vertices[:, 2].max() < 0.4
    assert kept.vertices[:, 0].min() == pytest.approx(-0.8, abs=0.02)
    assert signed_volume(kept) == pytest.approx(4 / 3 * math.pi * (0.3**3 + 0.35**3), rel=0.04)


def test_an_empty_volume_is_said() -> None:
    with pytest.raises(StageError):
        iso_surface(np.ones((8, 8, 8), np.float32))
