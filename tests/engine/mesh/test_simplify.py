# SPDX-License-Identifier: GPL-3.0-or-later
"""Fewer triangles."""

from __future__ import annotations

import numpy as np
import pytest

from engine.field.grid import voxel_centres
from engine.mesh.iso_surface import iso_surface
from engine.mesh.simplify import is_closed, simplified, without_folds
from tests.engine.mesh.shapes import signed_volume

BALL = iso_surface((voxel_centres(48).norm(dim=-1) - 0.7).numpy())


def test_a_ball_keeps_its_form() -> None:
    mesh = simplified(BALL, 800)
    assert len(mesh.faces) <= 800
    assert is_closed(mesh)
    assert signed_volume(mesh) == pytest.approx(signed_volume(BALL), rel=0.01)
    assert np.linalg.norm(mesh.vertices, axis=1).mean() == pytest.approx(0.7, rel=0.01)


@pytest.mark.parametrize("faces", [100, 501, 4000])
def test_at_most_is_at_most(faces: int) -> None:
    mesh = simplified(BALL, faces)
    assert faces / 2 < len(mesh.faces) <= faces
    assert is_closed(mesh)


def test_a_closed_mesh_is_worth_more_than_its_budget() -> None:
    """No closed mesh has two faces."""
    kept = simplified(BALL, 2)
    assert is_closed(kept)
    assert len(kept.faces) > 2


def test_a_mesh_with_few_faces_stays() -> None:
    assert simplified(BALL, len(BALL.faces)) is BALL


def test_folded_pairs_and_flat_faces_go() -> None:
    faces = np.array([[0, 1, 2], [3, 4, 5], [1, 0, 2], [6, 6, 7], [5, 6, 7]])
    assert without_folds(faces).tolist() == [[3, 4, 5], [5, 6, 7]]


def test_a_mesh_with_a_hole_is_not_closed() -> None:
    assert is_closed(BALL)
    assert not is_closed(type(BALL)(BALL.vertices, BALL.faces[1:]))
    turned = BALL.faces.copy()
    turned[0] = turned[0, ::-1]
    assert not is_closed(type(BALL)(BALL.vertices, turned))
