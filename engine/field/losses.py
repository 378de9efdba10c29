# SPDX-License-Identifier: GPL-3.0-or-later
"""What the field is trained by: the losses of MonoSDF (Yu et al. 2022, section 3.3), and a mask loss.

The mask loss looks at the smallest signed distance along a ray: the opacity of a Laplace density is still one half
some two beta outside a silhouette, so a loss on it would eat the object away.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from engine.field.grid import voxel_size

DEPTH_SCALE = 0.1
"""World units beyond which a depth counts as an outlier."""


def color_loss(color: Tensor, truth: Tensor) -> Tensor:
    """Mean absolute difference of colours (R, 3)."""
    return (color - truth).abs().mean()


def mask_loss(smallest_distance: Tensor, mask: Tensor, scale: float) -> Tensor:
    """Cross entropy of `mask` (R,) bool and the chance sigmoid(-smallest distance / scale) that the ray (R,) meets
    the object; `scale` in world units.
    """
    return F.binary_cross_entropy_with_logits(-smallest_distance / scale, mask.float())


def depth_loss(depth: Tensor, truth: Tensor) -> Tensor:
    """Mean robust difference of depths (R,) in world units (Geman and McClure 1985), DEPTH_SCALE at most."""
    squared = (depth - truth) ** 2
    return DEPTH_SCALE * (squared / (squared + DEPTH_SCALE**2)).mean()


def scale_and_shift_free_depth_loss(depth: Tensor, truth: Tensor) -> Tensor:
    """Mean squared difference of `truth` (R,) and the rendered `depth` (R,) with the scale and the shift that fit it
    best (Ranftl et al., "Towards robust monocular depth estimation", 2020, equations 3 and 4).
    """
    centred, wanted = depth - depth.mean(), truth - truth.mean()
    scale = (centred * wanted).mean() / (centred**2).mean().clamp(min=1e-6)
    return ((scale * centred - wanted) ** 2).mean()


def normal_loss(normal: Tensor, truth: Tensor) -> Tensor:
    """Mean over rays of the L1 norm of the difference and one minus the cosine of normals (R, 3), `truth` unit."""
    cosine = (F.normalize(normal, dim=1, eps=1e-6) * truth).sum(1)
    return ((normal - truth).abs().sum(1) + 1 - cosine).mean()


def eikonal_loss(gradient: Tensor, band: Tensor) -> Tensor:
    """Mean of (|gradient| - 1)^2 over the voxels of `band` (R, R, R) bool, `gradient` (3, R, R, R).

    Gropp et al., "Implicit geometric regularization for learning shapes", 2020.
    """
    length = (gradient[0] ** 2 + gradient[1] ** 2 + gradient[2] ** 2 + 1e-12).sqrt()  # norm(dim=0) is far slower
    return ((length - 1) ** 2 * band).sum() / band.sum().clamp(min=1)


def smoothness_loss(distance: Tensor, band: Tensor) -> Tensor:
    """Mean over the voxels of `band` (R, R, R) bool of |Laplacian of `distance` (R, R, R)| times the voxels' size:
    by how much the slope changes from one voxel to the next.
    """
    d = distance
    around = d[2:, 1:-1, 1:-1] + d[:-2, 1:-1, 1:-1] + d[1:-1, 2:, 1:-1] + d[1:-1, :-2, 1:-1]
    around = around + d[1:-1, 1:-1, 2:] + d[1:-1, 1:-1, :-2]
    change = (around - 6 * d[1:-1, 1:-1, 1:-1]).abs() / voxel_size(len(d))
    inner = band[1:-1, 1:-1, 1:-1]
    return (change * inner).sum() / torch.clamp(inner.sum(), min=1)
