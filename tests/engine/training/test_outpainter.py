# SPDX-License-Identifier: GPL-3.0-or-later
"""Steps of the orbit and the outpainter's training on them."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from engine.methods.pop3d.outpainter_network import OutpainterNetwork
from engine.methods.pop3d.outpainter_unet import Completion
from engine.training import signed_distance as sd
from engine.training.outpainter import OutpainterTask, loss, recolored, validation_figures
from engine.training.outpainting_steps import (
    CARVED_SIZE,
    EMPTY,
    ORDER,
    STEPS,
    Carving,
    Steps,
    draw_steps,
    extended,
    orbit_rotation,
    project,
    seen_colors,
)
from engine.training.shapes import Caster, make_shape
from engine.training.thing import single
from engine.training.views import ORBIT_VIEWS, Pool, gathered, orbit_cameras, save_shard, unpack, view

N = 64
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Pool:
    """The orbit round an egg that stands on end, half as wide as the crop."""
    shape = make_shape(single(sd.ellipsoid([0.3, 0.6, 0.3])), 40)
    assert shape is not None
    cameras, lamps = orbit_cameras(0.3), np.eye(3, dtype=np.float32)
    caster = Caster(shape)
    packed = gathered([view(caster, camera, lamps, N, floor=False, others=cameras) for camera in cameras])
    file = tmp_path_factory.mktemp("orbit") / "orbit.safetensors"
    save_shard(file, packed)
    return Pool([file])


@pytest.fixture(scope="module")
def carving() -> Carving:
    return Carving(N, CPU)


def drawn(pool: Pool, carving: Carving, steps: tuple[int, ...], count: int = 6) -> Steps:
    return draw_steps(pool, torch.tensor([0]), carving, torch.Generator().manual_seed(0), count, steps)


def test_steps_of_the_orbit_are_its_cameras() -> None:
    cameras = orbit_cameras(1.1)
    for k in range(ORBIT_VIEWS):
        turn = cameras[k].rotation @ cameras[0].rotation.T
        assert np.allclose(turn, orbit_rotation(k).numpy(), atol=1e-6)


def test_a_camera_to_the_right_sees_the_near_side_further_left() -> None:
    column, row = project(orbit_rotation(1) @ torch.tensor([0.0, 0.5, 0.5]))
    assert column < -0.3
    assert row < -0.5  # up is towards row 0


def test_empty_pictures_leave_no_hull(carving: Carving) -> None:
    empty, full = torch.full((N, N), EMPTY), torch.full((N, N), 2.0)
    assert float(carving.hull([empty], [1]).sum()) == 0
    assert float(carving.hull([full, empty], [1, 2]).sum()) == 0
    assert float(carving.hull([full], [8]).mean()) == 1  # the view itself says yes everywhere


def test_the_hull_of_a_wall_seen_from_the_side(carving: Carving) -> None:
    """The left half of the view from the right is the near half of space, of the view from the left the far half."""
    left = torch.full((N, N), EMPTY)
    left[:, : N // 2] = 2.0
    middle = slice(CARVED_SIZE // 4, -CARVED_SIZE // 4)  # further out the views' cones don't meet
    for step in (2, -2):
        assert float(carving.hull([left], [step])[:, middle, middle].mean()) == 1
    assert float(carving.hull([left, left], [2, -2]).sum()) == 0


@pytest.mark.parametrize(("step", "most"), [(1, 3.5), (STEPS, 1.35)])
def test_the_hull_holds_the_object_and_shrinks(pool: Pool, carving: Carving, step: int, most: float) -> None:
    steps = drawn(pool, carving, (step,))
    assert float(((1 - steps.hull) * (steps.mask > 0.5)).sum()) == 0
    area = float(steps.hull.sum() / steps.mask.sum())
    assert 1 <= area < most
    if step == 1:
        assert area > 1.5


def test_a_view_to_the_right_lacks_the_right_side(pool: Pool, carving: Carving) -> None:
    """Mirrored objects too."""
    x = torch.arange(N) - (N - 1) / 2
    for step, yaw in ((1, math.pi / 4), (2, -math.pi / 4)):
        steps = drawn(pool, carving, (step,), count=8)
        assert torch.allclose(steps.yaw, torch.tensor(yaw))
        unseen = (steps.hole() * steps.mask).sum((1, 2)) @ x
        if step == 1:
            assert bool((unseen > 0).all())
        else:  # the right side was seen in the step before, the middle in the input
            assert bool((unseen < 0).all())


def test_seen_points_have_the_colors_of_earlier_views(pool: Pool) -> None:
    """Colour as a function of the place on the object is the same in every view."""
    views = unpack(pool.packed(torch.arange(ORBIT_VIEWS)), CPU)
    picture = extended(0.5 + 0.5 * views.points, views.mask)
    new, earlier = torch.tensor([1, 4]), torch.tensor([[0, 2], [3, 0]])
    used = torch.tensor([[True, True], [True, False]])
    color, seen = seen_colors(picture, views, new, earlier, used)
    error = ((color - picture[new]).abs() * seen).amax(1)
    assert float(error.mean()) < 0.005
    assert float(error.amax()) < 0.2  # where the surface turns away
    share = (seen * views.mask[new]).sum((1, 2, 3)) / views.mask[new].sum((1, 2, 3))
    assert share[0] > 0.9  # between its neighbours
    assert 0.6 < share[1] < 0.9
    assert float((seen * (1 - views.mask[new])).sum()) == 0


def test_references_are_the_input_and_the_last_two_views(pool: Pool, carving: Carving) -> None:
    first = drawn(pool, carving, (1,))
    assert torch.equal(first.references[:, 0], first.references[:, 1])
    assert torch.equal(first.references[:, 0], first.references[:, 2])
    last = drawn(pool, carving, (STEPS,))
    assert torch.allclose(last.yaw, torch.tensor(ORDER[STEPS] * math.pi / 4))
    assert not torch.equal(last.references[:, 1], last.references[:, 2])
    assert last.references.shape == (6, 3, 4, N, N)


def test_colors_are_taken_from_further_in_at_the_edge() -> None:
    mask = torch.zeros(1, 1, 16, 16)
    mask[..., 4:12, 4:12] = 1
    inner = torch.zeros_like(mask)
    inner[..., 5:11, 5:11] = 1
    picture = (0.3 * inner).expand(-1, 3, -1, -1)
    assert torch.allclose(extended(picture, mask)[..., 3:13, 3:13], torch.tensor(0.3))


def perfect(steps: Steps) -> Completion:
    return Completion(steps.color, torch.logit(steps.mask, 1e-6))


def test_the_loss_is_least_for_the_truth_and_blind_outside_the_hole(pool: Pool, carving: Carving) -> None:
    steps = drawn(pool, carving, (1, 2))
    best = perfect(steps)
    outside = (1 - steps.hole()).expand_as(steps.color)
    elsewhere = Completion(torch.where(outside > 0, 1 - best.color, best.color), best.mask)
    assert loss(elsewhere, steps) == loss(best, steps) < 0.1
    wrong = Completion(1 - best.color, best.mask)
    assert loss(wrong, steps) > loss(best, steps) + 0.1
    assert loss(Completion(best.color, -best.mask), steps) > loss(best, steps) + 0.1


def test_exchanged_channels_stay_consistent(pool: Pool, carving: Carving) -> None:
    steps = drawn(pool, carving, (1,))
    changed = recolored(steps, torch.Generator().manual_seed(3))
    assert not torch.equal(steps.color, changed.color)
    for k in range(len(steps)):
        orders = [o for o in _orders() if torch.equal(steps.color[k, o], changed.color[k])]
        assert any(torch.equal(steps.references[k, :, [*o, 3]], changed.references[k]) for o in orders)
        assert any(torch.equal(steps.shown[k, o], changed.shown[k]) for o in orders)


def _orders() -> list[list[int]]:
    return [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]]


def test_training_lowers_the_loss_and_is_repeatable(pool: Pool) -> None:
    network = {"sample_size": N, "channels": (16, 16, 16), "blocks": (1, 1, 1)}
    task, other = (OutpainterTask(pool, pool, CPU, objects=1, network=network) for _ in range(2))
    optimizer = torch.optim.Adam(task.model.parameters(), lr=3e-3)
    losses = []
    for k in range(16):
        losses.append(task.loss(task.batch(torch.Generator().manual_seed(k % 2))))
        optimizer.zero_grad()
        losses[-1].backward()
        optimizer.step()
    assert sum(losses[-2:]) < 0.8 * sum(losses[:2])
    assert torch.equal(other.loss(other.batch(torch.Generator().manual_seed(0))), losses[0])


def test_validation_figures(pool: Pool, carving: Carving) -> None:
    network = OutpainterNetwork(sample_size=N, channels=(16, 16, 16), blocks=(1, 1, 1))
    figures = validation_figures(network, pool, carving, count=6)
    assert figures == validation_figures(network, pool, carving, count=6)
    assert 0 < figures["rms"] < figures["rms_white"]  # it copies from the start
    assert 0 <= figures["iou"] <= 1
