# SPDX-License-Identifier: GPL-3.0-or-later
"""Volume rendering of a field: samples along rays, their weights, and what they add up to.

Samples are packed: only those near the surface are kept, each with the number of its ray and of its step.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from engine.field.density import optical_depth
from engine.field.field import Field, Occupancy, interpolated
from engine.field.grid import HALF, RADIUS, sample, voxel_size
from engine.geometry.camera import Camera

NEAR, FAR = RADIUS - 1, RADIUS + HALF
"""Depths between which the object lies: the unit sphere, with the grid's margin behind."""
EMPTY = 20.0
"""Smallest distance, in beta, of a ray that comes nowhere near the surface: any at which the mask is surely 0."""


@dataclass(frozen=True)
class Samples:
    """Points along R rays of K steps, of which P are kept."""

    ray: Tensor
    """(P,) int64."""
    step: Tensor
    """(P,) int64."""
    depth: Tensor
    """(P,) along the optical axis."""
    points: Tensor
    """(P, 3) world."""
    shape: tuple[int, int]
    """R and K."""


@dataclass(frozen=True)
class Rendered:
    """What R rays show."""

    color: Tensor
    """(R, 3) on white."""
    opacity: Tensor
    """(R,) 0..1."""
    depth: Tensor
    """(R,) along the optical axis, world units; 0 where nothing is."""
    normal: Tensor
    """(R, 3) sum of the weighted gradients, world frame, not of unit length."""
    smallest_distance: Tensor
    """(R,) smallest signed distance along the ray, EMPTY * beta at most."""


def along_rays(volume: Tensor, camera: Camera, where: Tensor) -> tuple[Tensor, Tensor]:
    """Depths (K,), a voxel apart, and the values (K, P) of `volume` (R, R, R) at them on the rays of `camera` through
    the pixels `where` (N, N) bool.
    """
    depths = torch.arange(NEAR, FAR, voxel_size(len(volume)))
    points = camera.eye + depths[:, None, None] * camera.rays()[where]
    return depths, sample(volume[None], points.reshape(-1, 3))[:, 0].reshape(points.shape[:2])


def march(
    eyes: Tensor, rays: Tensor, step: float, occupancy: Occupancy, generator: torch.Generator | None = None
) -> Samples:
    """Samples `step` of depth apart on rays (R, 3) from `eyes` (R, 3), those in cells of `occupancy` only.

    Each ray starts at a random share of a step with `generator`, else at half a step.
    """
    count, steps = len(rays), int((FAR - NEAR) / step)
    if generator is None:
        offset = torch.full((count, 1), 0.5, device=rays.device)
    else:
        offset = torch.rand((count, 1), generator=generator, device=rays.device)
    depth = NEAR + (torch.arange(steps, device=rays.device) + offset) * step
    points = eyes[:, None] + depth[..., None] * rays[:, None]
    ray, number = occupancy.at(points).nonzero(as_tuple=True)
    return Samples(ray, number, depth[ray, number], points[ray, number], (count, steps))


def weights(optical_depth: Tensor) -> Tensor:
    """Share (R, K) of each sample in its ray's light, for optical depths (R, K) of the steps: what it stops of what
    comes through those before it, exp(-sum before) (1 - exp(-its own)) (Max, "Optical models for direct volume
    rendering", 1995).
    """
    before = optical_depth.cumsum(1) - optical_depth
    return torch.exp(-before) * -torch.expm1(-optical_depth)


def total(values: Tensor, samples: Samples) -> Tensor:
    """Sums (R, ...) over each ray of the samples' `values` (P, ...)."""
    sums = torch.zeros((samples.shape[0], *values.shape[1:]), dtype=values.dtype, device=values.device)
    return sums.index_add(0, samples.ray, values)


def render(
    field: Field,
    gradients: Tensor,
    eyes: Tensor,
    rays: Tensor,
    *,
    beta: float,
    step: float,
    occupancy: Occupancy,
    generator: torch.Generator | None = None,
) -> Rendered:
    """What rays (R, 3), one long along the optical axis, from `eyes` (R, 3) show of `field`, differentiable.

    gradients: `field.with_gradient()`. beta: scale of the Laplace density, world units. step, occupancy, generator:
    see `march`; the occupancy's band is several beta.
    """
    samples = march(eyes, rays, step, occupancy, generator)
    distance, slope, color = interpolated(field, gradients, samples.points)
    change = (slope * rays[samples.ray]).sum(1) * step  # of the distance, over the section round the sample
    passed = optical_depth(distance - change / 2, distance + change / 2, beta)
    dense = torch.zeros(samples.shape, device=rays.device).index_put((samples.ray, samples.step), passed)
    weight = weights(dense)[samples.ray, samples.step]
    opacity = total(weight, samples)
    summed = total(weight[:, None] * torch.cat([color, slope, samples.depth[:, None]], 1), samples)
    smallest = torch.full((len(rays),), EMPTY * beta, device=rays.device)
    return Rendered(
        color=summed[:, :3] + (1 - opacity)[:, None],
        opacity=opacity,
        depth=summed[:, 6] / opacity.clamp(min=0.05),
        normal=summed[:, 3:6],
        smallest_distance=smallest.scatter_reduce(0, samples.ray, distance, "amin"),
    )


@torch.no_grad()
def render_picture(field: Field, camera: Camera, *, beta: float, step: float, batch: int = 8192) -> Rendered:
    """`field` as `camera` sees it, R = N * N in the order of the rows."""
    gradients, occupancy = field.with_gradient(), Occupancy(field.distance, 6 * beta + step)
    parts = []
    for rays in camera.rays().reshape(-1, 3).split(batch):
        eyes = camera.eye.expand_as(rays)
        parts.append(render(field, gradients, eyes, rays, beta=beta, step=step, occupancy=occupancy))
    names = ("color", "opacity", "depth", "normal", "smallest_distance")
    return Rendered(**{name: torch.cat([getattr(part, name) for part in parts]) for name in names})
