# SPDX-License-Identifier: GPL-3.0-or-later
"""Training a field on views by volume rendering."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.field import losses
from engine.field.field import Field, Occupancy
from engine.field.grid import voxel_size
from engine.field.render import render
from engine.field.view import View

ROUND_THE_MASK = 8.0  # pixels: rays farther off teach nothing
AT_THE_SILHOUETTE = 2.5  # pixels
BAND = 4  # voxels from the surface in which the field is kept a distance, and smooth
SKIPPED = 5  # beta from the surface beyond which samples are left out
OCCUPANCY_EVERY = 20  # steps


@dataclass(frozen=True)
class Schedule:
    """How a field is refined. Rates fall to a tenth over the run, `beta` from its first value to its second."""

    steps: int
    rays: int = 2048
    distance_rate: float = 4e-4
    """World units a step: Adam moves a voxel by so much however little it is asked to. Thrice as much roughens the
    surface and costs half a percent of the outlines."""
    color_rate: float = 2e-2
    beta: tuple[float, float] = (0.012, 0.006)
    """World units."""
    step: float = 1.25
    """Voxels between samples."""
    color: float = 1.0
    mask: float = 0.25
    depth: float = 0.5
    normal: float = 0.1
    eikonal: float = 0.1
    smoothness: float = 0.3


class Refinement:
    """A run of Adam on the voxels of `field`, which it changes.

    views: depths in world units, all on the field's device, where `generator` is too.
    """

    def __init__(self, field: Field, views: Sequence[View], schedule: Schedule, generator: torch.Generator) -> None:
        self.field = field
        self.schedule = schedule
        self.steps_done = 0
        self._generator = generator
        self._rays = _Rays(views)
        groups = [{"params": [field.distance]}, {"params": [field.color]}]
        self._optimizer = torch.optim.Adam(groups, lr=0.0, betas=(0.9, 0.99))
        self._occupancy = Occupancy(field.distance, self._band(schedule.beta[0]))

    def step(self) -> float:
        """One step; its loss."""
        schedule, field = self.schedule, self.field
        progress = self.steps_done / max(schedule.steps - 1, 1)
        beta = schedule.beta[0] * (schedule.beta[1] / schedule.beta[0]) ** progress
        rates = (schedule.distance_rate, schedule.color_rate)
        for group, rate in zip(self._optimizer.param_groups, rates, strict=True):
            group["lr"] = rate * 0.1**progress
        if self.steps_done % OCCUPANCY_EVERY == 0:
            self._occupancy = Occupancy(field.distance, self._band(beta))
        loss = self._loss(self._rays.drawn(schedule.rays, self._generator), beta)
        self._optimizer.zero_grad()
        loss.backward()
        self._optimizer.step()
        self.steps_done += 1
        return float(loss.detach())

    def _band(self, beta: float) -> float:
        return SKIPPED * beta + voxel_size(self.field.resolution)

    def _loss(self, index: Tensor, beta: float) -> Tensor:
        schedule, field, truth = self.schedule, self.field, self._rays
        size = voxel_size(field.resolution)
        gradients = field.with_gradient()
        eyes, rays, mask = truth.eye[index], truth.ray[index], truth.mask[index]
        shown = render(
            field,
            gradients,
            eyes,
            rays,
            beta=beta,
            step=schedule.step * size,
            occupancy=self._occupancy,
            generator=self._generator,
        )
        loss = schedule.color * losses.color_loss(shown.color, truth.color[index])
        loss = loss + schedule.mask * losses.mask_loss(shown.smallest_distance, mask, max(beta, size / 2))
        met = mask & (shown.opacity.detach() > 0.5)
        if met.any():
            loss = loss + schedule.depth * losses.depth_loss(shown.depth[met], truth.depth[index][met])
            loss = loss + schedule.normal * losses.normal_loss(shown.normal[met], truth.normal[index][met])
        band = field.distance.detach().abs() < BAND * size
        loss = loss + schedule.eikonal * losses.eikonal_loss(gradients[1:], band)
        return loss + schedule.smoothness * losses.smoothness_loss(field.distance, band)


class _Rays:
    """The pixels of all views at or near their masks, one after the other."""

    def __init__(self, views: Sequence[View]) -> None:
        chosen = [view.silhouette_distance < ROUND_THE_MASK for view in views]
        pairs = list(zip(views, chosen, strict=True))
        self.eye = torch.cat([view.camera.eye.expand(int(c.sum()), 3) for view, c in pairs])
        self.ray = torch.cat([view.camera.rays()[c] for view, c in pairs])
        self.mask = torch.cat([view.mask[c] for view, c in pairs])
        self.color = torch.cat([torch.where(view.mask[..., None], view.color, 1.0)[c] for view, c in pairs])
        self.depth = torch.cat([view.depth[c] for view, c in pairs])
        self.normal = torch.cat([view.normal[c] for view, c in pairs])
        edge = torch.cat([view.silhouette_distance[c].abs() < AT_THE_SILHOUETTE for view, c in pairs])
        self.edge = edge.nonzero()[:, 0]

    def drawn(self, count: int, generator: torch.Generator) -> Tensor:
        """Numbers (count,) of rays: three quarters from everywhere, one quarter at the silhouettes."""
        quarter = count // 4
        device = self.mask.device
        anywhere = torch.randint(len(self.mask), (count - quarter,), generator=generator, device=device)
        edge = self.edge[torch.randint(len(self.edge), (quarter,), generator=generator, device=device)]
        return torch.cat([anywhere, edge])
