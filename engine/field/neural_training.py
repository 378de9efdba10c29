# SPDX-License-Identifier: GPL-3.0-or-later
"""Training a field of networks on views, by the losses of MonoSDF (Yu et al. 2022, section 3.3) and a mask loss.

Their weights are those of its published configuration for few views; that of the mask, which POP3D adds without saying
how, is ours. All rays of a step are of one view, since its depth has a scale and a shift of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from engine.field import losses
from engine.field.grid import HALF
from engine.field.neural_field import NeuralField
from engine.field.neural_render import render
from engine.field.view import View

NEIGHBOUR = 0.005
"""World units within which normals should be alike."""
MASK_SCALE = 0.02
"""World units from the surface at which a ray is rather surely on one side of the outline. On the opacity instead, the
mask loss made a sphere of radius 0.70 one of 0.67 (a small network, 400 steps); so it is on the smallest distance, as
that of the voxels.
"""
FINAL_RATE = 0.1
"""Of the first one, to which the rate falls over the run."""


@dataclass(frozen=True)
class NeuralSchedule:
    """How a field of networks is trained."""

    steps: int
    rays: int = 1024
    samples: int = 96
    """Of each ray."""
    rate: float = 5e-4
    grid_rate: float = 1e-2
    """Of grids of features, whose values are seldom asked for."""
    color: float = 1.0
    mask: float = 0.1
    depth: float = 0.1
    normal: float = 0.05
    eikonal: float = 0.1
    smoothness: float = 0.005


class NeuralTraining:
    """A run of Adam on the parameters of `field`, which it changes.

    views: on the field's device, where `generator` is too; their depths may be up to scale and shift.
    """

    def __init__(
        self, field: NeuralField, views: Sequence[View], schedule: NeuralSchedule, generator: torch.Generator
    ) -> None:
        self.field, self.views, self.schedule = field, views, schedule
        self.steps_done = 0
        self._generator = generator
        grids = [parameter for name, parameter in field.named_parameters() if ".grids." in name]
        others = [parameter for name, parameter in field.named_parameters() if ".grids." not in name]
        self._rates = (schedule.rate, schedule.grid_rate)
        groups = [{"params": others}, {"params": grids}] if grids else [{"params": others}]
        self._optimizer = torch.optim.Adam(groups, lr=schedule.rate)

    def step(self) -> float:
        """One step; its loss."""
        progress = self.steps_done / max(self.schedule.steps, 1)
        for group, rate in zip(self._optimizer.param_groups, self._rates, strict=False):
            group["lr"] = rate * FINAL_RATE**progress
        view = self.views[int(self._uniform(1) * len(self.views))]
        pixels = (self._uniform(self.schedule.rays) * view.mask.numel()).long()
        loss = self._loss(view, pixels)
        self._optimizer.zero_grad()
        loss.backward()
        self._optimizer.step()
        self.steps_done += 1
        return float(loss.detach())

    def _loss(self, view: View, pixels: Tensor) -> Tensor:
        schedule, field = self.schedule, self.field
        mask, normal = view.mask.flatten()[pixels], view.normal.reshape(-1, 3)[pixels]
        rays = view.camera.rays().reshape(-1, 3)[pixels]
        shown, gradient = render(field, view.camera.eye.expand_as(rays), rays, schedule.samples, self._generator)
        loss = schedule.color * losses.color_loss(shown.color, view.color.reshape(-1, 3)[pixels])
        loss = loss + schedule.mask * losses.mask_loss(shown.smallest_distance, mask, MASK_SCALE)
        met = mask & (shown.opacity.detach() > 0.5)
        if int(met.sum()) > 2:
            truth = view.depth.flatten()[pixels][met]
            loss = loss + schedule.depth * losses.scale_and_shift_free_depth_loss(shown.depth[met], truth)
            loss = loss + schedule.normal * losses.normal_loss(shown.normal[met], normal[met])
        anywhere = (self._uniform(len(pixels), 3) * 2 - 1) * HALF
        surface = view.camera.eye + shown.depth.detach()[:, None] * rays
        near = surface + (self._uniform(len(pixels), 3) * 2 - 1) * NEIGHBOUR
        gradients = torch.cat([field.gradient(torch.cat([anywhere, surface, near])), gradient])
        loss = loss + schedule.eikonal * ((gradients.norm(dim=1) - 1) ** 2).mean()
        on, beside = (F.normalize(part, dim=1) for part in gradients[len(pixels) : 3 * len(pixels)].chunk(2))
        return loss + schedule.smoothness * (on - beside).norm(dim=1).mean()

    def _uniform(self, *shape: int) -> Tensor:
        """Numbers in 0..1."""
        return torch.rand(shape, generator=self._generator, device=self._generator.device)
