# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges a result of All Round: figures, and a verdict in one word."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from engine.field.view import View
from engine.geometry.camera import Camera
from engine.geometry.distortion import stretch
from engine.geometry.triangles import Floats, RayCaster, Triangles
from engine.mesh.bake import Baked
from engine.mesh.picture_view import seen_by

GOOD_OVERLAP, COLLAPSED_OVERLAP = 0.97, 0.8
"""Least share of the picture's outline that the mesh's outline and it have in common."""
MOST_UNSEEN = 0.5
"""Share of the texture that no view has seen."""


def assess(
    surface: Triangles, charts: Floats, fine: View, views: Sequence[View], baked: Baked, *, sdf_steps: int
) -> dict[str, Any]:
    """Figures of the `surface` with `charts` (F, 3, 2) and the texture `baked` from `views`, the input view first;
    `fine` is that one in the picture's resolution.

    silhouette_iou: the mesh's outline and the picture's, intersection over union; lowest_silhouette_iou: the least of
    all views. picture_psnr: of the textured mesh in the input view, inside the mask, in dB. unseen_texels: share of the
    texture that was filled in from its neighbours. uv_stretch_area, uv_stretch_angle: as DreamTexture's.
    sdf_steps: training steps of the field.
    verdict: "collapsed" where the mesh has another outline than the picture, "doubtful" where it differs visibly or
    most of the texture is filled in, else "good".
    """
    overlaps = [silhouette_overlap(surface, view) for view in (fine, *views[1:])]
    area, angle = stretch(surface, charts)
    unseen = 1 - baked.seen
    if overlaps[0] < COLLAPSED_OVERLAP:
        verdict = "collapsed"
    elif overlaps[0] < GOOD_OVERLAP or unseen > MOST_UNSEEN:
        verdict = "doubtful"
    else:
        verdict = "good"
    return {
        "silhouette_iou": overlaps[0],
        "lowest_silhouette_iou": min(overlaps),
        "picture_psnr": picture_psnr(surface, charts, baked.texture, views[0]),
        "unseen_texels": unseen,
        "uv_stretch_area": area,
        "uv_stretch_angle": angle,
        "sdf_steps": sdf_steps,
        "verdict": verdict,
    }


def silhouette_overlap(surface: Triangles, view: View) -> float:
    """Intersection over union of the outline of `surface` in the camera of `view`, and of its mask."""
    ours, theirs = RayCaster(surface).view(view.camera)[0] >= 0, view.mask.numpy()
    return float((ours & theirs).sum() / (ours | theirs).sum())


def picture_psnr(surface: Triangles, charts: Floats, texture: Floats, view: View) -> float:
    """Peak signal to noise ratio in dB, over the mask, of the textured `surface` in the camera of `view`."""
    error = (textured(surface, charts, texture, view.camera) - view.color.numpy())[view.mask.numpy()]
    return -10 * math.log10(max(float((error**2).mean()), 1e-10))


def textured(surface: Triangles, charts: Floats, texture: Floats, camera: Camera, oversampling: int = 6) -> Floats:
    """What `camera` shows (N, N, 3) of the `surface` with `charts` (F, 3, 2) in `texture` (T, T, 3), on white."""
    seen = seen_by(camera, surface, charts, texture, oversampling)
    return np.asarray(1 + seen[..., 3:] * (seen[..., :3] - 1), np.float32)
