# SPDX-License-Identifier: GPL-3.0-or-later
"""Meshes of the rules' things, and the light that reaches them."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from trimesh import Trimesh

from engine.training import manmade_shapes, organic_shapes, solids
from engine.training import signed_distance as sd
from engine.training.objects import random_object
from engine.training.random_numbers import RandomNumbers
from engine.training.shapes import Caster, make_shape
from engine.training.thing import Thing, single


def rng(seed: int) -> RandomNumbers:
    return RandomNumbers(torch.Generator().manual_seed(seed))


RULES = list(dict.fromkeys([*solids.RULES, *manmade_shapes.RULES, *organic_shapes.RULES]))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_every_rule_makes_closed_meshes_that_differ(rule: object) -> None:
    assert callable(rule)
    shapes = [make_shape(rule(rng(seed)), 40) for seed in range(2)]
    found = [shape for shape in shapes if shape is not None]
    assert found
    for shape in found:
        assert Trimesh(shape.vertices, shape.faces, process=False).is_watertight
        assert np.linalg.norm(shape.vertices, axis=1).max() == pytest.approx(1, abs=1e-3)
    assert len({shape.vertices.shape for shape in found}) == len(found)


def test_a_sphere_comes_out_as_one() -> None:
    shape = make_shape(single(sd.ellipsoid([0.6] * 3)), 48)
    assert shape is not None
    radius = np.linalg.norm(shape.vertices, axis=1)
    assert radius.min() > 0.995
    outward = shape.vertices / radius[:, None]
    assert (np.einsum("vc,vc->v", outward, shape.normals) > 0.999).all()
    faces = shape.vertices[shape.faces]
    across = np.cross(faces[:, 1] - faces[:, 0], faces[:, 2] - faces[:, 0])
    assert (np.einsum("fc,fc->f", across, faces.mean(1)) > 0).mean() > 0.999  # counter-clockwise seen from outside
    assert np.allclose(shape.openness[:, 0], 1, atol=0.02)
    assert np.abs(shape.openness[:, 1:] - 2 / 3 * outward).max() < 0.12  # few directions, so not exactly


def test_parts_keep_their_numbers_and_shade_each_other() -> None:
    floor = sd.placed(sd.box([0.8, 0.05, 0.8]), None, (0, -0.5, 0))
    ball = sd.placed(sd.ellipsoid([0.45] * 3), None, (0, 0.0, 0))
    shape = make_shape(Thing((floor, ball)), 64)
    assert shape is not None
    assert set(shape.parts) == {0, 1}
    top = (shape.parts == 0) & (shape.normals[:, 1] > 0.9)
    distance = np.linalg.norm(shape.vertices[:, [0, 2]], axis=1)
    near, far = top & (distance < 0.2), top & (distance > 0.8)
    assert shape.openness[near, 0].mean() < 0.5 < shape.openness[far, 0].mean()


def test_nothing_is_no_shape() -> None:
    assert make_shape(single(lambda p: p.norm(dim=1) + 1), 40) is None


def test_rays_meet_where_they_should() -> None:
    shape = make_shape(single(sd.box([0.5] * 3)), 32)
    assert shape is not None
    caster = Caster(shape)
    side = shape.vertices[:, 2].max()
    origins = np.array([[0.1, 0.2, 3], [0.9, 0.9, 3]], np.float32)
    faces, weights = caster.meet(origins, np.array([[0, 0, -1], [0, 0, -1]], np.float32))
    point = weights[0] @ shape.vertices[shape.faces[faces[0]]]
    assert np.allclose(point, [0.1, 0.2, side], atol=2e-3)
    assert faces[1] == -1


def test_same_seed_same_object() -> None:
    a, b = (make_shape(random_object(rng(7)).thing, 40) for _ in range(2))
    assert a is not None
    assert b is not None
    assert (a.vertices == b.vertices).all()
    assert (a.openness == b.openness).all()
