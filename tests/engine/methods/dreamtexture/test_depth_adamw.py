# SPDX-License-Identifier: GPL-3.0-or-later
"""The paper's stage II, by itself and beside the default one."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
import torch
from safetensors.torch import load, save

from engine.geometry.normals import normals
from engine.methods.dreamtexture.depth import solve_depth
from engine.methods.dreamtexture.depth_adamw import DepthDescent, solve_depth_adamw
from tests.engine.geometry.analytic_shapes import SHAPES, inclined_plane, normal_error, picture_plane, sphere
from tests.engine.geometry.spectral_map import flatten

CPU = torch.device("cpu")


def test_it_has_the_papers_parameters() -> None:
    """4,096 depths at 64 x 64, from a sphere that bulges towards the camera."""
    shape = sphere(64)
    descent = DepthDescent(picture_plane(64), shape.mask, learning_rate=1e-3, smoothness=0.01, device=CPU)
    assert sum(p.numel() for group in descent.optimizer.param_groups for p in group["params"]) == 4096
    start = descent.depth.detach().numpy()
    assert start[32, 32] > start[32, 50] > start[32, 56] > 0
    assert start[0, 0] == 0


def test_the_loss_is_equation_7() -> None:
    """Energy as in closed form, and the weighted sum of the Laplacian by the crop's pixels."""
    plane = inclined_plane(32, 1.0)
    descent = DepthDescent(plane.coordinates, plane.mask, learning_rate=1e-3, smoothness=2.0, device=CPU)
    depth = torch.from_numpy(np.nan_to_num(plane.depth)).float()
    assert descent.energy(depth).item() == pytest.approx(0, abs=1e-6)
    bent = depth + 0.005 * torch.arange(32.0) ** 2
    bending = 2 * 0.01 * descent.inner.sum().item() / 32**2
    assert (descent.loss(bent) - descent.energy(bent)).item() == pytest.approx(bending, rel=1e-3)


def test_it_goes_on_where_it_was_stopped() -> None:
    """Bit for bit, through a file of plain tensors."""
    shape = sphere(32)
    coordinates = flatten(shape.depth, shape.mask)
    files = {}

    def keep(descent: DepthDescent) -> None:
        files[descent.step] = save({name: tensor.contiguous() for name, tensor in descent.state().items()})

    solve = partial(solve_depth_adamw, steps=12, learning_rate=1e-2, smoothness=0.01, device=CPU)
    through = solve(coordinates, shape.mask, on_step=keep)
    assert list(files) == list(range(1, 13))
    resumed = solve(coordinates, shape.mask, state=load(files[7]))
    assert resumed.tobytes() == through.tobytes()


def test_a_state_from_before_the_first_step_is_a_start() -> None:
    """Nothing of the optimiser is there yet."""
    shape = sphere(32)
    state = DepthDescent(picture_plane(32), shape.mask, learning_rate=1e-2, smoothness=0.01, device=CPU).state()
    solve = partial(solve_depth_adamw, steps=3, learning_rate=1e-2, smoothness=0.01, device=CPU)
    once, again = (solve(picture_plane(32), shape.mask, state=s) for s in (None, state))
    assert once.tobytes() == again.tobytes()


@pytest.mark.parametrize("name", ["sphere", "cube"])
def test_beside_the_default_solver(name: str) -> None:
    """Both find the shape; the default one ends at no higher energy of the paper's than AdamW."""
    shape = SHAPES[name](32)
    coordinates = flatten(shape.depth, shape.mask)
    descent = DepthDescent(coordinates, shape.mask, learning_rate=5e-3, smoothness=0.01, device=CPU)
    while descent.step < 600:
        descent.advance()
    slow, slow_energy = descent.result(), descent.loss(descent.depth).item()
    fast = solve_depth(coordinates, shape.mask).depth
    assert descent.loss(torch.from_numpy(np.nan_to_num(fast)).float()).item() <= slow_energy
    errors = [normal_error(normals(depth, shape.mask), shape.normal) for depth in (slow, fast)]
    assert errors[1] < 5
    assert errors[0] < 15
    assert errors[1] < errors[0] + 0.1
