# SPDX-License-Identifier: GPL-3.0-or-later
"""The virtual texture and its blend with the picture (paper, Eq. 3)."""

from __future__ import annotations

import torch
from torch import Tensor

# Edges of the squares are softened so that the gradient reaches further than one pixel; the paper doesn't say how its
# texture is filtered.
EDGE_SHARPNESS = 1.5


def wave(coordinate: Tensor, squares: int) -> Tensor:
    """A softened square wave in -1..1 with `squares` half periods across -1..1, filtered to the pixel's footprint.

    `coordinate` (B, 1, H, W) in half crops. The paper leaves tiling open: ours repeats without end.
    """
    phase = coordinate * (torch.pi / 2 * squares)
    across = torch.gradient(phase.detach(), dim=(2, 3))
    footprint = across[0] ** 2 + across[1] ** 2  # (radians a pixel)^2
    visible = torch.exp(-footprint / 12)  # what a box filter of a pixel leaves of a sine
    sharp = torch.tensor(EDGE_SHARPNESS, device=phase.device, dtype=phase.dtype)
    return visible * torch.tanh(sharp * phase.sin()) / torch.tanh(sharp)


def virtual_texture(coordinates: Tensor, kind: str, squares: int) -> Tensor:
    """The flat texture `kind` seen at `coordinates` (B, 2, H, W), u right, v up: (B, 3, H, W) in 0..1.

    "checkerboard" is black and white as in the paper; in "plaid" red carries the columns, green the rows and blue
    the squares, so that the two directions can't be mistaken for each other.
    """
    u, v = wave(coordinates[:, :1], squares), wave(coordinates[:, 1:], squares)
    channels = [u * v] * 3 if kind == "checkerboard" else [u, v, u * v]
    return 0.5 + 0.5 * torch.cat(channels, 1)


def composite(picture: Tensor, mask: Tensor, texture: Tensor, blend: float) -> Tensor:
    """Eq. 3: M o [a I + (1 - a) T] with the share `blend` = a of the picture; the background is black.

    `picture`, `texture` (B, 3, H, W) in 0..1, `mask` (B, 1, H, W); returns (B, 3, H, W) in 0..1.
    """
    return mask * (blend * picture + (1 - blend) * texture)
