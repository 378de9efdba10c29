# SPDX-License-Identifier: GPL-3.0-or-later
"""The orbit's first view: the artist's picture, put before the first camera (POP3D, section 4)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from engine.field.grid import RADIUS
from engine.field.view import View
from engine.geometry.inflation import inflate
from engine.methods.pop3d.cameras import RING, WINDOW, WINDOW_FIELD_OF_VIEW, camera_at
from engine.methods.pop3d.observation import Observer
from engine.picture.picture import Crop, Picture

OUTLINE = 0.85
"""World units from the picture's middle to the farthest point of the outline: room for depth in the unit sphere."""
INFLATED_STEP = 2  # pixels for each of the inflated outline


def framed(picture: Picture) -> Picture:
    """`picture` with the crop that the first camera sees: the object in its middle, its outline OUTLINE wide."""
    x, y, size = picture.crop
    middle_x, middle_y = x + size / 2, y + size / 2
    row, column = np.nonzero(picture.mask >= 0.5)
    radius = float(np.hypot(column + 0.5 - middle_x, row + 0.5 - middle_y).max())
    side = round(2 * radius * WINDOW / OUTLINE)
    return replace(picture, crop=Crop(round(middle_x - side / 2), round(middle_y - side / 2), side))


def on_white(picture: Picture, size: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The crop of `picture` at `size` x `size` pixels: colours (N, N, 3) on white, mask (N, N) bool."""
    rgb, coverage = picture.square(size)
    color = 1 + coverage[..., None] * (rgb - 1)
    return torch.from_numpy(color.astype(np.float32)), torch.from_numpy(coverage > 0.5)


def first_view(picture: Picture, observer: Observer, size: int) -> View:
    """The view of a framed `picture` at `size` x `size` pixels, its depth in world units.

    A picture doesn't tell how far behind its surface the object's middle is, round which the orbit goes. Here it is
    where it would be if the outline were blown up like a balloon, of a sphere about where it is.
    """
    color, mask = on_white(picture, size)
    view = observer.observe(color, mask, camera_at(RING[0], size, WINDOW_FIELD_OF_VIEW))
    height = WINDOW * float(np.nanmean(inflate(mask.numpy()[::INFLATED_STEP, ::INFLATED_STEP])))
    return view.with_depth(view.depth + (RADIUS - height - view.depth[mask].mean()))
