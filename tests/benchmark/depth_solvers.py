# SPDX-License-Identifier: GPL-3.0-or-later
"""Stage II side by side: the default solver and the paper's AdamW, on exact and on noisy coordinates."""

from __future__ import annotations

import time

import numpy as np
import torch

from engine.geometry.grid_mesh import Floats
from engine.geometry.normals import normals
from engine.methods.dreamtexture.depth import solve_depth
from engine.methods.dreamtexture.depth_adamw import DepthDescent
from tests.engine.geometry.analytic_shapes import SHAPES, Shape, normal_error, smooth_displacement
from tests.engine.geometry.spectral_map import flatten

SIZE = 64
NOISE = (0.0, 1.0, 2.0)  # root mean square displacement of the coordinates in pixels, correlated over four
PAPER_STEPS = 20_000
PAPER_LEARNING_RATE = 1e-3
HEADER = "shape     noise px  solver    normals deg  depth MSE  equation 2  equation 7  seconds"


def table() -> str:
    """A row for each shape, noise and solver, at 64 x 64 on one core; AdamW from exact coordinates only.

    Normals: mean angle to the true ones. Depth: in half crops, after matching mean and deviation. Equation 7 with the
    paper's weight of 0.01. Seconds: of one run.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    lines = [HEADER]
    for name, make in SHAPES.items():
        shape = make(SIZE)
        exact = flatten(shape.depth, shape.mask)
        for noise in NOISE:
            coordinates = exact + smooth_displacement(SIZE, noise, seed=0)
            descent = DepthDescent(
                coordinates, shape.mask, learning_rate=PAPER_LEARNING_RATE, smoothness=0.01, device=torch.device("cpu")
            )
            began = time.perf_counter()
            depth = solve_depth(coordinates, shape.mask).depth
            lines.append(_row(name, noise, "default", depth, shape, descent, time.perf_counter() - began))
            if noise == 0:
                began = time.perf_counter()
                while descent.step < PAPER_STEPS:
                    descent.advance()
                seconds = time.perf_counter() - began
                lines.append(_row(name, noise, "AdamW", descent.result(), shape, descent, seconds))
    torch.set_num_threads(threads)
    return "\n".join(lines)


def _row(
    name: str, noise: float, solver: str, depth: Floats, shape: Shape, descent: DepthDescent, seconds: float
) -> str:
    angle = normal_error(normals(depth, shape.mask), shape.normal)
    found, truth = depth - np.nanmean(depth), shape.depth - np.nanmean(shape.depth)
    error = np.nanmean((found / np.nanstd(found) * np.nanstd(truth) - truth) ** 2)
    with torch.no_grad():
        tensor = torch.from_numpy(np.nan_to_num(depth)).float()
        data, total = float(descent.energy(tensor)), float(descent.loss(tensor))
    return f"{name:<9} {noise:8.0f}  {solver:<8} {angle:12.2f} {error:10.1e} {data:11.6f} {total:11.6f} {seconds:8.2f}"
