# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges a result: figures, and a verdict in one word."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.geometry.distortion import distortion
from engine.geometry.grid_mesh import GridMesh, Mask

# Shares of the triangles that are folded over.
DOUBTFUL_FOLDS, COLLAPSED_FOLDS = 0.01, 0.08
# Mean change of angles, in degrees: what no surface explains.
DOUBTFUL_ANGLE = 25.0
# The texture's area by the picture's; a conformal map of any visible surface stays well within.
SMALLEST_SCALE, LARGEST_SCALE = 0.1, 20.0
# The depth's range by the object's longer side.
DEEPEST = 3.0


def assess(coordinates: NDArray[np.floating], depth: NDArray[np.floating], mask: Mask) -> dict[str, Any]:
    """Figures of `coordinates` (N, N, 2) on `depth` (N, N), both in half crops, over `mask` (N, N).

    conformal_energy, foldovers, uv_stretch_area, uv_stretch_angle: as in `distortion.Distortion`.
    verdict: "collapsed" where the coordinates fold over, shrink or grow without end or the depth runs away; then there
    is no surface to be had from them. "doubtful" where some of that shows, else "good".
    """
    figures = distortion(depth, coordinates, mask)
    mesh = GridMesh.from_mask(mask)
    folds = figures.foldovers / len(mesh.triangles)
    dx, dy = mesh.gradient
    (ux, vx), (uy, vy) = (dx @ mesh.read(coordinates)).T, (dy @ mesh.read(coordinates)).T
    scale = float(np.median(np.abs(ux * vy - uy * vx)))
    extent = float(np.ptp(mesh.positions, axis=0).max())
    depth_range = float(np.ptp(mesh.read(depth)))
    degenerate = not SMALLEST_SCALE < scale < LARGEST_SCALE or not depth_range < DEEPEST * extent
    if folds > COLLAPSED_FOLDS or degenerate:
        verdict = "collapsed"
    elif folds > DOUBTFUL_FOLDS or figures.stretch_angle > DOUBTFUL_ANGLE:
        verdict = "doubtful"
    else:
        verdict = "good"
    return {
        "conformal_energy": figures.conformal_energy,
        "foldovers": figures.foldovers,
        "uv_stretch_area": figures.stretch_area,
        "uv_stretch_angle": figures.stretch_angle,
        "verdict": verdict,
    }
