# SPDX-License-Identifier: GPL-3.0-or-later
"""What the surface network gets wrong: normals, depth, its tilt and its coarse shape, exit layer, mask, up."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from engine.surface.surface_network import Prediction

SOLID = 0.004
"""Thickness in half crops under which a far side's normal means nothing."""
COARSE = (8, 16)
"""Cells a side on which depth and thickness are compared once more: what the shape is as a whole."""


@dataclass
class Truth:
    """What is to be said of a batch of pictures, tensors (B, C, N, N) unless told."""

    mask: Tensor
    """(B, 1, N, N) coverage 0..1."""
    normal: Tensor
    depth: Tensor
    thickness: Tensor
    exit_normal: Tensor
    """As in `Prediction`; 0 outside the mask."""
    up: Tensor
    """(B, 3) unit."""
    surface: Tensor
    """(B,) 1 where the surface is known."""
    closed: Tensor
    """(B,) 1 where the exit layer is known, too."""
    upright: Tensor
    """(B,) 1 where up is known."""


WEIGHTS = {
    "normal": 0.5, "depth": 0.3, "tilt": 1.0, "coarse": 2.0, "thickness": 0.3, "coarse_thickness": 1.0,
    "exit_normal": 0.2, "mask": 1.0, "up": 0.1,
}  # fmt: skip


def losses(found: Prediction, truth: Truth, known: Tensor) -> dict[str, Tensor]:
    """Each term, not weighted. The mask is asked where it isn't `known` (B,), the rest where the truth knows it."""
    seen = (truth.mask > 0.5).float() * truth.surface[:, None, None, None]
    solid = seen * (truth.thickness > SOLID) * truth.closed[:, None, None, None]
    error = centred(found.depth - truth.depth, seen)
    behind = seen * truth.closed[:, None, None, None]
    off = (found.thickness - truth.thickness) * behind
    return {
        "normal": angular(found.normal, truth.normal, found.concentration, seen),
        "depth": laplace(error, found.depth_spread, seen),
        "tilt": tilt(error, seen),
        "coarse": coarse(error, seen, COARSE[0]) + coarse(error, seen, COARSE[1]),
        "thickness": laplace(off, found.thickness_spread, behind),
        "coarse_thickness": coarse(off, behind, COARSE[0]),
        "exit_normal": angular(found.exit_normal, truth.exit_normal, found.exit_concentration, solid),
        "mask": mask_loss(found.mask, truth.mask, 1 - known),
        "up": angular(
            found.up[:, :, None, None], truth.up[:, :, None, None], found.up_concentration[:, None, None, None],
            truth.upright[:, None, None, None],
        ),
    }  # fmt: skip


def centred(error: Tensor, mask: Tensor) -> Tensor:
    """`error` (B, 1, N, N) without its mean over the `mask`, 0 outside it: depth is known up to a constant."""
    error = error * mask
    return error - mask * (error.sum((2, 3), keepdim=True) / mask.sum((2, 3), keepdim=True).clamp_min(1))


def angular(unit: Tensor, true: Tensor, concentration: Tensor, mask: Tensor) -> Tensor:
    """Negative log likelihood of the angle between `unit` and `true` (B, 3, N, N) under the density
    (kappa^2 + 1) exp(-kappa angle) / (1 + exp(-kappa pi)), kappa the `concentration` (B, 1, N, N); the mean over the
    `mask`. Bae, Budvytis, Cipolla, "Estimating and Exploiting the Aleatoric Uncertainty in Surface Normal Estimation",
    2021, Eq. 4. Twice the angle itself is added, so that sure and unsure places both count.
    """
    angle = torch.acos((unit * true).sum(1, keepdim=True).clamp(-1 + 1e-5, 1 - 1e-5))
    likelihood = (
        concentration * angle - torch.log(concentration**2 + 1) + torch.log1p(torch.exp(-concentration * math.pi))
    )
    return ((likelihood + 2 * angle) * mask).sum() / mask.sum().clamp_min(1)


def laplace(error: Tensor, spread: Tensor, mask: Tensor) -> Tensor:
    """Negative log likelihood of `error` under a Laplace density of scale `spread`; pictures count alike."""
    density = (error.abs() / spread + torch.log(spread)) * mask
    return _mean(density.sum((1, 2, 3)), mask.sum((1, 2, 3)))


def tilt(error: Tensor, mask: Tensor) -> Tensor:
    """Slope of the plane that fits `error` (B, 1, N, N) over the `mask` best: how far the whole leans wrongly."""
    n = error.shape[-1]
    axis = (torch.arange(n, device=error.device) + 0.5) / n * 2 - 1
    count = mask.sum((1, 2, 3))
    x, y = (centred(v.expand_as(error), mask) for v in torch.meshgrid(axis, -axis, indexing="xy"))

    def moment(a: Tensor, b: Tensor) -> Tensor:
        return (a * b).sum((1, 2, 3)) / count.clamp_min(1)

    xx, yy, xy = moment(x, x) + 1e-3, moment(y, y) + 1e-3, moment(x, y)
    ex, ey = moment(error, x), moment(error, y)
    determinant = xx * yy - xy**2
    slope = torch.stack([(yy * ex - xy * ey) / determinant, (xx * ey - xy * ex) / determinant], 1)
    return _mean(count * (slope**2).sum(1).add(1e-6).sqrt(), count)


def coarse(error: Tensor, mask: Tensor, cells: int) -> Tensor:
    """Mean absolute error of the means over `cells` x `cells` squares."""
    side = error.shape[-1] // cells
    sums, counts = F.avg_pool2d(error, side), F.avg_pool2d(mask, side)
    return _mean(sums.abs().sum((1, 2, 3)), counts.sum((1, 2, 3)), least=1e-3)


def mask_loss(logit: Tensor, true: Tensor, asked: Tensor) -> Tensor:
    """Cross entropy plus the soft Dice error (Milletari et al. 2016) of the masks (B, 1, N, N) `asked` (B,) for."""
    entropy = F.binary_cross_entropy_with_logits(logit, true, reduction="none").mean((1, 2, 3))
    p = torch.sigmoid(logit)
    overlap = 2 * (p * true).sum((1, 2, 3)) / (p.sum((1, 2, 3)) + true.sum((1, 2, 3))).clamp_min(1)
    return ((entropy + 1 - overlap) * asked).sum() / asked.sum().clamp_min(1)


def _mean(sums: Tensor, counts: Tensor, least: float = 1.0) -> Tensor:
    """Mean over the pictures that have any of the means over their pixels."""
    has = (counts > 0).float()
    return (sums / counts.clamp_min(least)).sum() / has.sum().clamp_min(1)
