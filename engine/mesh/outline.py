# SPDX-License-Identifier: GPL-3.0-or-later
"""A mesh gets exactly the outline that one view shows.

An iso-surface is as exact as its voxels, a picture's outline is exacter. So the picture plane is bent, and the mesh
with it: every vertex moves at its own depth, together with all that lies before and behind it, so that nothing comes
to intersect.
"""

from __future__ import annotations

import numpy as np
import torch
from scipy.ndimage import gaussian_filter

from engine.field.view import View
from engine.geometry.camera import Camera
from engine.geometry.sampling import bilinear
from engine.geometry.silhouette import signed_distance
from engine.geometry.triangles import Floats, RayCaster, Triangles

ROUNDS = 4
BAND = 1.5
"""Pixels on both sides of the mesh's outline in which its distance to the wanted one is measured."""
FARTHEST = 0.02
"""Share of the picture's side: an outline that is farther off is another one."""
SMOOTH = 0.004
"""Share of the picture's side over which a bend is smooth; a round moves nothing farther, so that nothing folds."""
FADING = 0.1
"""Density of the outline, its own being about 1, at which the bend is half of that at the outline."""


def fitted_to_outline(mesh: Triangles, view: View) -> Triangles:
    """`mesh` with the outline of the mask of `view`, as far as small bends of the picture plane can give it that."""
    wanted = view.silhouette_distance.numpy()
    for _ in range(ROUNDS):
        inside = RayCaster(mesh).view(view.camera)[0] >= 0
        mesh = _moved(mesh, view.camera, _bend(signed_distance(inside), wanted))
    return mesh


def _bend(ours: Floats, wanted: Floats) -> Floats:
    """Pixels (N, N, 2), right and down, by which the picture plane moves so that the zero level of the signed distance
    `ours` (N, N), pixels, comes to that of `wanted`.
    """
    side = len(ours)
    down, right = np.gradient(gaussian_filter(ours, 1.0))
    excess = ours - wanted
    at = (np.abs(ours) < BAND) & (np.abs(excess) < FARTHEST * side)
    smooth = SMOOTH * side
    step = at * excess.clip(-smooth, smooth)
    parts = (step * right, step * down, at.astype(np.float32))
    x, y, density = (gaussian_filter(part, smooth) * (smooth * np.sqrt(2 * np.pi) / (2 * BAND)) for part in parts)
    bend: Floats = (np.stack([x, y], -1) / (density + FADING)[..., None]).astype(np.float32)
    return bend


def _moved(mesh: Triangles, camera: Camera, bend: Floats) -> Triangles:
    """`mesh` whose vertices' places in the picture of `camera` are moved by `bend` (N, N, 2), their depths kept."""
    vertices = torch.from_numpy(mesh.vertices)
    places, depth = camera.project(vertices)
    right, down = (bilinear(torch.from_numpy(bend), places) * (depth / camera.focal_length)[:, None]).T[..., None]
    moved = vertices + right * camera.rotation[:, 0] - down * camera.rotation[:, 1]
    return Triangles(moved.numpy(), mesh.faces)
