# SPDX-License-Identifier: GPL-3.0-or-later
"""Values of an image at places between its pixels."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F


def nearest(image: Tensor, places: Tensor) -> Tensor:
    """Values (..., C) or (...) of `image` (N, N, C) or (N, N) in the pixels at `places` (..., 2).

    Beyond the picture those at its border.
    """
    column, row = places.long().clamp(0, len(image) - 1).unbind(-1)
    return image[row, column]


def bilinear(image: Tensor, places: Tensor) -> Tensor:
    """Values (P, C) or (P,) of `image` (N, N, C) or (N, N) at `places` (P, 2), interpolated between pixels' centres.

    Beyond the picture those at its border.
    """
    channels = image[..., None] if image.dim() == 2 else image
    grid = (places * (2 / len(image)) - 1)[None, None]
    values = F.grid_sample(channels.permute(2, 0, 1)[None], grid, padding_mode="border", align_corners=False)
    return values[0, 0, 0] if image.dim() == 2 else values[0, :, 0].T
