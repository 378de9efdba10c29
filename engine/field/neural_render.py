# SPDX-License-Identifier: GPL-3.0-or-later
"""Volume rendering of a field of networks, as VolSDF does it (Yariv et al. 2021), with simpler samples.

Half of the samples of a ray lie evenly on it, the others where the first ones say that its light is stopped. VolSDF
bounds the error of the opacity instead, which takes several more looks at the network.
"""

from __future__ import annotations

import torch
from torch import Tensor

from engine.field.neural_field import NeuralField
from engine.field.render import FAR, NEAR, Rendered, weights


def density(distance: Tensor, beta: Tensor) -> Tensor:
    """1 / beta times the share of Laplace's distribution of scale `beta` below minus the signed `distance` (VolSDF,
    equations 2 and 3).
    """
    return (0.5 + 0.5 * distance.sign() * torch.expm1(-distance.abs() / beta)) / beta


def sample_depths(field: NeuralField, eyes: Tensor, rays: Tensor, count: int, generator: torch.Generator) -> Tensor:
    """Depths (R, `count`), ascending, of the samples of `rays` (R, 3) from `eyes` (R, 3); without gradients."""
    coarse, number = count // 2, len(rays)
    with torch.no_grad():
        jitter = torch.rand(number, coarse, generator=generator, device=rays.device)
        steps = torch.arange(coarse, device=rays.device)
        depth = NEAR + (FAR - NEAR) * (steps + jitter) / coarse
        points = eyes[:, None] + depth[..., None] * rays[:, None]
        distance = field.distance(points.reshape(-1, 3))[0].reshape(number, coarse)
        share = weights(density(distance, field.beta) * _sections(depth, rays)) + 1e-5
        chosen = torch.multinomial(share, count - coarse, replacement=True, generator=generator)
        spread = (torch.rand(chosen.shape, generator=generator, device=rays.device) - 0.5) * (FAR - NEAR) / coarse
        return torch.cat([depth, depth.gather(1, chosen) + spread], 1).sort(1).values


def render(
    field: NeuralField, eyes: Tensor, rays: Tensor, count: int, generator: torch.Generator
) -> tuple[Rendered, Tensor]:
    """What `rays` (R, 3), one long along the optical axis, from `eyes` (R, 3) show of `field`, differentiable, and the
    gradients (R * `count`, 3) of the signed distance at their samples.
    """
    depth = sample_depths(field, eyes, rays, count, generator)
    points = eyes[:, None] + depth[..., None] * rays[:, None]
    distance, gradient, color = field.seen_at(points.reshape(-1, 3))
    distance = distance.reshape(depth.shape)
    weight = weights(density(distance, field.beta) * _sections(depth, rays))[..., None]
    opacity = weight.sum((1, 2))
    shown = Rendered(
        color=(weight * color.reshape(*depth.shape, 3)).sum(1) + (1 - opacity)[:, None],
        opacity=opacity,
        depth=(weight[..., 0] * depth).sum(1) / opacity.clamp(min=0.05),
        normal=(weight * gradient.reshape(*depth.shape, 3)).sum(1),
        smallest_distance=distance.amin(1),
    )
    return shown, gradient


def _sections(depth: Tensor, rays: Tensor) -> Tensor:
    """Lengths (R, K) of the parts of `rays` (R, 3) that the samples at `depth` (R, K) stand for, world units."""
    after = torch.cat([depth[:, 1:], torch.full_like(depth[:, :1], FAR)], 1)
    return (after - depth) * rays.norm(dim=1, keepdim=True)
