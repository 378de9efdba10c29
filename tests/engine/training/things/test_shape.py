# SPDX-License-Identifier: GPL-3.0-or-later
"""From models to shapes: rejects, round edges; rays through textures' holes."""

from __future__ import annotations

import numpy as np
import pytest
from trimesh import Trimesh
from trimesh.creation import box, icosphere
from trimesh.util import concatenate

from engine.training.things.caster import ThingCaster
from engine.training.things.model import RejectedError
from engine.training.things.shape import crease_normals, rounded, shaped
from tests.engine.training.things.tiny import half_clear, model_of, sphere


def _fine(mesh: Trimesh) -> Trimesh:
    return mesh.subdivide().subdivide().subdivide()


@pytest.mark.parametrize(
    ("mesh", "why"),
    [
        (icosphere(subdivisions=1), "few faces"),
        (_fine(box([1, 1, 0.001])), "flat"),
        (concatenate([_fine(box([1, 1, 1])), _fine(box([1, 1, 1])).apply_translation([9, 0, 0])]), "scattered"),
    ],
)
def test_models_that_teach_nothing_are_rejected(mesh: Trimesh, why: str) -> None:
    with pytest.raises(RejectedError, match=why):
        shaped(model_of(mesh), 38)


def test_a_shape_fills_the_unit_sphere() -> None:
    shape = shaped(model_of(_fine(box([2, 4, 4])).apply_translation([7, 0, 0])), 38)
    np.testing.assert_allclose(np.linalg.norm(shape.vertices, axis=1).max(), 1, atol=1e-5)
    np.testing.assert_allclose(shape.vertices.max(0), -shape.vertices.min(0), atol=1e-5)


def test_edges_are_round_below_the_crease_whichever_way_faces_are_wound() -> None:
    ball = sphere().corners.copy()
    ball[::2] = ball[::2, ::-1]  # half of the faces turned over
    normals = crease_normals(ball, 38)
    towards = ball / np.linalg.norm(ball, axis=2, keepdims=True)
    assert np.abs(np.einsum("fkc,fkc->fk", normals, towards)).min() > 0.995
    cube = np.asarray(_fine(box([1, 1, 1])).triangles, np.float32)
    assert np.abs(crease_normals(cube, 38)).max(2).min() > 0.999  # 90 degrees stay sharp


def test_rounding_brings_a_coarse_ball_nearer_to_a_round_one_without_cracks() -> None:
    model = model_of(icosphere(subdivisions=1))
    corners, _, _, material = rounded(model.corners, crease_normals(model.corners, 60), model.uv, model.material)
    assert len(corners) == len(material) == 4 * len(model.corners)
    assert Trimesh(*_merged(corners)).is_watertight
    coarse = model_of(icosphere(subdivisions=1).subdivide())
    assert _unroundness(corners) < 0.5 * _unroundness(coarse.corners)


def _merged(corners: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    points, index = np.unique(np.round(corners.reshape(-1, 3), 5), axis=0, return_inverse=True)
    return points, index.reshape(-1, 3)


def _unroundness(corners: np.ndarray) -> float:
    return float(np.abs(np.linalg.norm(corners, axis=2) - 1).mean())


def test_rays_pass_the_holes_of_textures() -> None:
    mesh = _fine(box([1, 1, 1]))
    model = model_of(mesh, half_clear())
    model.uv[..., 0] = np.where(model.corners[..., 2].min(1, keepdims=True) > 0.49, 0.75, 0.25)  # front clear
    caster = ThingCaster(shaped(model, 38))
    origin, direction = np.array([[0.1, 0.13, 3]], np.float32), np.array([[0, 0, -1]], np.float32)
    face = caster.triangles(origin, direction)
    assert face[0] >= 0
    assert caster.shape.vertices[3 * face[0], 2] < 0  # the back, seen through the front
    assert caster.triangles(origin, -direction)[0] == -1


def test_both_sides_of_a_sheet_have_normals_towards_the_camera_and_their_own_light() -> None:
    shape = shaped(sphere(), 38)
    inside = ThingCaster(shape)
    every = np.arange(len(shape.faces))
    outward = shape.vertices.reshape(-1, 3, 3).mean(1)
    inside.turn_to(outward, every)
    assert np.einsum("vc,vc->v", shape.normals, shape.vertices).min() > 0
    assert shape.openness[:, 0].min() > 0.9  # a ball's outside sees the whole sky
    inside.turn_to(-outward, every)
    assert np.einsum("vc,vc->v", shape.normals, shape.vertices).max() < 0
    assert shape.openness[:, 0].max() < 0.1
