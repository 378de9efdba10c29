# SPDX-License-Identifier: GPL-3.0-or-later
"""The views from right above and right below, without a network: the embedded one knows the ring only.

From there hardly anything new is known: the object is as wide as the ring's outlines leave it, and has the colours of
the points next to what it shows.
"""

from __future__ import annotations

import numpy as np
import torch
from scipy.spatial import cKDTree
from torch import Tensor

from engine.mesh.bake import extended
from engine.methods.pop3d.new_view import NewView

NEIGHBOURS = 24
"""Points whose colours are mixed, so that no streaks run inwards."""
FINEST = 0.01
"""World units below which all points are as near."""


def painted_cap(new: NewView) -> tuple[Tensor, Tensor]:
    """The new view's picture (N, N, 3) on white, and its object (N, N) bool: all that the hull allows, in the hole with
    the mean of the nearest points' colours that earlier views show, by the inverse of their distance.
    """
    mask = new.known | new.hole | new.inside
    hidden = mask & ~new.known
    points = [(view.camera.eye + view.depth[..., None] * view.camera.rays())[view.mask] for view in new.earlier]
    colors = [extended(view)[view.mask] for view in new.earlier]
    wanted = (new.camera.eye + new.nearest[..., None] * new.camera.rays())[hidden]
    distance, index = cKDTree(torch.cat(points).numpy()).query(wanted.numpy(), k=NEIGHBOURS)
    weight = 1 / np.maximum(distance, FINEST)[..., None]
    mean = (weight * torch.cat(colors).numpy()[index]).sum(1) / weight.sum(1)
    color = torch.where(mask[..., None], new.color, 1.0)
    color[hidden] = torch.from_numpy(mean.astype(np.float32))
    return color, mask
