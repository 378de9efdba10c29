# SPDX-License-Identifier: GPL-3.0-or-later
"""Stage II as the paper has it (section 3.2): AdamW on one depth value for each pixel.

What the paper leaves open, and our choice: depth and pixels in half crops, in which its step size fits; both diagonals
of each square at half weight; the Laplacian where all four neighbours are foreground; AdamW's betas and weight decay
as torch has them; the sphere at the start bulges towards the camera, is centred on the mesh, and reaches a tenth
farther than its farthest vertex, so that no slope is infinite.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.geometry.conformal_energy import conformal_energy
from engine.geometry.grid_mesh import Floats, GridMesh, Mask, inner
from engine.geometry.laplacian import laplacian
from engine.optimizer_state import restore_state, state_tensors

SPHERE_MARGIN = 1.1


class DepthDescent:
    """The descent of one depth map (N, N), with everything that decides how it goes on; float32 on `device`."""

    def __init__(
        self,
        coordinates: NDArray[np.floating],
        mask: Mask,
        *,
        learning_rate: float,
        smoothness: float,
        device: torch.device,
    ) -> None:
        self.mesh = GridMesh.from_mask(mask)
        self.smoothness = smoothness
        self.pixels = torch.from_numpy(self.mesh.pixels).to(device)
        self.triangles = torch.from_numpy(self.mesh.triangles).to(device)
        self.positions = torch.from_numpy(self.mesh.positions).to(device, torch.float32)
        self.coordinates = torch.from_numpy(self.mesh.read(coordinates)).to(device, torch.float32)
        self.inner = torch.from_numpy(inner(self.mesh.used)).to(device)
        sphere = torch.from_numpy(_sphere(self.mesh)).to(device, torch.float32)
        self.depth = torch.nn.Parameter(sphere)
        self.optimizer = torch.optim.AdamW([self.depth], lr=learning_rate)
        self.step = 0

    def energy(self, depth: Tensor) -> Tensor:
        """Equation 2 of `depth` (N, N)."""
        vertices = torch.cat([self.positions, depth.flatten()[self.pixels, None]], 1)
        return conformal_energy(vertices, self.coordinates, self.triangles) / 2

    def loss(self, depth: Tensor) -> Tensor:
        """Equation 7 of `depth` (N, N): equation 2 and the weighted sum of its absolute Laplacian over N^2."""
        return self.energy(depth) + self.smoothness * (laplacian(depth).abs() * self.inner).mean()

    def advance(self) -> None:
        """One step of AdamW."""
        self.optimizer.zero_grad()
        self.loss(self.depth).backward()
        self.optimizer.step()
        self.step += 1

    def result(self) -> Floats:
        """Depth (N, N) in half crops, mean 0, NaN outside the mesh."""
        z = self.mesh.read(self.depth.detach().cpu().numpy())
        return self.mesh.image(z - z.mean())

    def state(self) -> dict[str, Tensor]:
        """Everything that decides how it goes on, as tensors."""
        return {
            "depth": self.depth.detach(),
            "counter": torch.tensor(self.step),
            **state_tensors(self.optimizer),
        }

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        """Takes up what `state` gave."""
        self.depth.data.copy_(tensors["depth"])
        self.step = int(tensors["counter"])
        restore_state(self.optimizer, tensors)


def solve_depth_adamw(
    coordinates: NDArray[np.floating],
    mask: Mask,
    *,
    steps: int,
    learning_rate: float,
    smoothness: float,
    device: torch.device,
    on_step: Callable[[DepthDescent], None] | None = None,
    state: Mapping[str, Tensor] | None = None,
) -> Floats:
    """The depth (N, N) in half crops, mean 0, NaN outside, after `steps` of AdamW on `coordinates` (N, N, 2).

    `on_step` is called after each step with the descent, whose `step` counts and whose `state()` can be kept; a
    `state` from there goes on where it was taken. Pixels in no complete square of four are left out.
    """
    descent = DepthDescent(coordinates, mask, learning_rate=learning_rate, smoothness=smoothness, device=device)
    if state is not None:
        descent.restore(state)
    while descent.step < steps:
        descent.advance()
        if on_step is not None:
            on_step(descent)
    return descent.result()


def _sphere(mesh: GridMesh) -> Floats:
    """Depth (N, N) of the spherical start, 0 where there is no vertex."""
    squared = ((mesh.positions - mesh.positions.mean(0)) ** 2).sum(1)
    return np.nan_to_num(mesh.image(np.sqrt(SPHERE_MARGIN**2 * squared.max() - squared)))
