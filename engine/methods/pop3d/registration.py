# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the surface that is seen in a new view lies in the world."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy.sparse as sp
import torch
from numpy.typing import NDArray

from engine.field.view import View
from engine.geometry.grid_mesh import GridMesh
from engine.geometry.sparse import factorized
from engine.methods.pop3d.new_view import NewView

STIFFNESS = 4.0
"""Pixels over which a correction by a known depth spreads where the neighbours' are known too."""

Register = Callable[[NewView, View], list[View]]
"""From what was known of a new view, and what it shows, its depth up to scale and shift, to all views with depths in
world units."""


def anchored(new: NewView, view: View) -> list[View]:
    """The earlier views as they are, and the new one, whose depths are in world units but for a shift.

    It is moved along its optical axis to where half of what was known of it lies before it and half behind, then bent
    smoothly so that it meets what was known, and kept where the earlier views allow it to be.
    """
    where = (new.known & view.mask).numpy()
    difference = (new.depth - view.depth).numpy()
    shift = float(np.median(difference[where])) if where.any() else 0.0
    bent = shift + smooth_continuation(difference - shift, where, view.mask.numpy())
    depth = (view.depth + torch.from_numpy(bent)).clamp(new.nearest, new.farthest)
    return [*new.earlier, view.with_depth(depth)]


def smooth_continuation(
    values: NDArray[np.floating], known: NDArray[np.bool_], mask: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """A smooth image (N, N) over the `mask` (N, N) near the `values` (N, N) where these are `known` (N, N), 0 outside.

    A membrane on springs: minimises sum (f - value)^2 over the known pixels and STIFFNESS^2 |grad f|^2 over all.
    """
    mesh = GridMesh.from_mask(mask)
    dx, dy = mesh.gradient
    per_triangle = mesh.spacing**2 / 4  # of each pixel's area, in half crops; four triangles belong to a pixel
    membrane = STIFFNESS**2 * per_triangle * (dx.T @ dx + dy.T @ dy)
    springs = mesh.read(known)
    f = factorized(membrane + sp.diags_array(springs)).solve(springs * mesh.read(values))
    return np.nan_to_num(mesh.image(f)).astype(np.float32)
