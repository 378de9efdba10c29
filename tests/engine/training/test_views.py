# SPDX-License-Identifier: GPL-3.0-or-later
"""Views of shapes: their frames, their lamps and floors, the orbit, and the pool on disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from engine.training import signed_distance as sd
from engine.training.pool import make_pool, make_shard, random_views
from engine.training.random_numbers import RandomNumbers
from engine.training.shapes import Caster, Shape, make_shape
from engine.training.thing import single
from engine.training.views import (
    LAMPS,
    Camera,
    Pool,
    Views,
    gathered,
    orbit_cameras,
    random_camera,
    unpack,
    view,
)

N = 48
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def ball() -> Shape:
    shape = make_shape(single(sd.ellipsoid([0.6] * 3)), 64)
    assert shape is not None
    return shape


def straight(perspective: float) -> Camera:
    return Camera(np.eye(3, dtype=np.float32), 0.8, np.zeros(3, np.float32), perspective)


def one(shape: Shape, camera: Camera, lamps: list[list[float]], floor: bool = False) -> Views:
    packed = view(Caster(shape), camera, np.array(lamps, np.float32), N, floor, [])
    return unpack(gathered([packed]), CPU)


FRONT = [[0.0, 0.0, 1.0]] * LAMPS


@pytest.mark.parametrize("perspective", [0.0, 0.3])
def test_a_ball_is_seen_where_geometry_says(ball: Shape, perspective: float) -> None:
    views = one(ball, straight(perspective), FRONT)
    radius = 0.8
    edge = radius / (1 - (perspective * radius) ** 2) ** 0.5 if perspective else radius
    assert float(views.mask.mean()) == pytest.approx(np.pi * edge**2 / 4, rel=0.03)
    middle = N // 2
    assert float(views.depth[0, 0, middle, middle]) == pytest.approx(radius, abs=0.01)
    assert views.normal[0, 2, middle, middle] > 0.99
    # the points are those of the ball, and the normals point away from its middle
    inside = views.mask[0, 0] > 0
    points = views.points[0][:, inside]
    assert (points.norm(dim=0) - 1).abs().max() < 0.02
    assert (torch.nn.functional.normalize(points, dim=0) * views.normal[0][:, inside]).sum(0).min() > 0.98
    left, top = views.normal[0, 0, middle, : middle // 2], views.normal[0, 1, : middle // 2, middle]
    assert left.min() < -0.5
    assert top.max() > 0.5


def test_lamps_light_the_side_they_shine_on_and_the_floor_takes_the_shadow(ball: Shape) -> None:
    above = [[0.0, 1.0, 0.0], [0.6, 0.8, 0.0], [0.0, 0.0, 1.0]]
    rotation = torch.tensor([[1.0, 0, 0], [0, 0.8, -0.6], [0, 0.6, 0.8]])  # from above
    camera = Camera(rotation.numpy(), 0.5, np.zeros(3, np.float32), 0.2)
    lamps = (np.array(above, np.float32) @ camera.rotation.T).tolist()
    views = one(ball, camera, lamps, floor=True)
    assert views.floor.sum() > 200
    ground = views.floor[0, 0] > 0
    assert views.points[0, 1][ground].sub(-1).abs().max() < 0.01
    beneath = ground & (views.points[0, [0, 2]].norm(dim=0) < 0.8)
    beside = ground & (views.points[0, [0, 2]].norm(dim=0) > 1.6)
    assert views.lit[0, 0][beneath].mean() < 0.1
    assert views.lit[0, 0][beside].mean() > 0.95
    body = views.mask[0, 0] > 0
    up = views.points[0, 1] > 0.2
    assert views.lit[0, 0][body & up].mean() > 0.95


def test_any_camera_frames_the_shape(ball: Shape) -> None:
    for seed in range(6):
        camera = random_camera(RandomNumbers(torch.Generator().manual_seed(seed)), ball, upright=seed % 2 == 0)
        mask = one(ball, camera, FRONT).mask[0, 0]
        assert mask[0].sum() == mask[-1].sum() == mask[:, 0].sum() == mask[:, -1].sum() == 0
        assert mask.any(0).float().mean() > 0.7


def test_the_orbit_goes_round_and_knows_what_each_view_sees() -> None:
    shape = make_shape(single(sd.placed(sd.box([0.2, 0.5, 0.4]), None)), 48)
    assert shape is not None
    cameras = orbit_cameras(0.0)
    packed = [view(Caster(shape), c, np.array(FRONT, np.float32), N, False, cameras) for c in cameras]
    views = unpack(gathered(packed), CPU)
    wide = views.mask.any(2).float().sum((1, 2))
    assert wide[2] > 1.4 * wide[0]  # a quarter round: the long side
    for k in range(8):
        own = (views.seen[k] >> k) & 1
        assert own[views.mask[k] > 0].float().mean() > 0.9
        opposite = (views.seen[k] >> (k + 4) % 8) & 1
        assert opposite[views.mask[k] > 0].float().mean() < 0.05
    # camera 2 stands a quarter to the right: it sees the right side of what camera 0 sees from the front
    corner = (views.seen[1] >> 2) & 1
    assert 0.2 < corner[views.mask[1] > 0].float().mean() < 0.9


def test_the_pool_is_filled_once_and_read_back(tmp_path: Path) -> None:
    files = make_pool(tmp_path, "single", shapes=4, size=32, processes=1, shard=2)
    first = files[0].read_bytes()
    assert make_pool(tmp_path, "single", shapes=4, size=32, processes=1, shard=2) == files
    assert files[0].read_bytes() == first
    make_shard(tmp_path / "again.safetensors", "single", 2, 32, seed=0)
    assert (tmp_path / "again.safetensors").read_bytes() == first
    pool = Pool(files)
    views = unpack(pool.packed(torch.tensor([len(pool) - 1, 0])), CPU)
    assert views.mask.shape == (2, 1, 32, 32)
    assert (views.normal.norm(dim=1, keepdim=True)[views.mask > 0] - 1).abs().max() < 1e-3
    assert (views.normal * (1 - views.mask)).abs().max() < 1e-3


def test_orbits_come_in_eights() -> None:
    assert len(random_views(RandomNumbers(torch.Generator().manual_seed(1)), "orbit", 32)) == 8
