# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges a result by what was given: the mesh as the picture's camera sees it, held against picture and mask."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from engine.geometry.parts import labelled_parts
from engine.mesh.mesh import Mesh
from engine.picture.picture import Floats, Picture

# What makes a result doubtful; a person sees it at a glance from there on.
LEAST_KEPT = 0.97
LEAST_OVERLAP = 0.95
LEAST_PSNR = 22.0
LEAST_CONFIDENCE = 0.55
MOST_CUT = 0.04
PART = 0.005
"""Share of the mask, or of the mesh's area, from which on a piece counts."""


def judge(picture: Picture, seen: Floats, mesh: Mesh, confidence: Floats) -> dict[str, Any]:
    """Figures of a `mesh` that the camera of `picture` sees as `seen` (N, N, 4), straight alpha, over the crop;
    `confidence` (M, M) of the estimator, NaN outside.

    input_error: silhouette_iou, of the mesh's outline and the mask's, and psnr in dB where both are. mask_kept: share
    of the mask that the mesh covers. parts: pieces of the mesh that don't hang together. confidence: its mean.
    cut_by_frame: share of the mask's outline that lies on the border of the picture. reasons: codes of what makes the
    result doubtful, each with the figure that says so.
    """
    rgb, coverage = picture.square(len(seen))
    ours, theirs = seen[..., 3] > 0.5, coverage > 0.5
    both = ours & theirs
    overlap = float(both.sum() / max((ours | theirs).sum(), 1))
    kept = float(both.sum() / max(theirs.sum(), 1))
    error = float(((seen[..., :3] - rgb)[both] ** 2).mean()) if both.any() else 1.0
    psnr = -10 * math.log10(max(error, 1e-10))
    islands = pieces_of(mesh)
    expected = int((np.bincount(labelled_parts(theirs).ravel())[1:] >= PART * theirs.sum()).sum())
    sure = float(np.nanmean(confidence))
    cut = cut_by_frame(picture.mask)
    reasons = {
        "mask-lost": (1 - kept, kept < LEAST_KEPT),
        "outline-off": (overlap, overlap < LEAST_OVERLAP),
        "colours-off": (psnr, psnr < LEAST_PSNR),
        "parts": (islands, islands > max(expected, 1)),
        "cut-by-frame": (cut, cut > MOST_CUT),
        "unsure": (sure, sure < LEAST_CONFIDENCE),
    }
    return {
        "input_error": {"silhouette_iou": overlap, "psnr": psnr},
        "mask_kept": kept,
        "parts": islands,
        "confidence": sure,
        "cut_by_frame": cut,
        "reasons": {code: figure for code, (figure, holds) in reasons.items() if holds},
    }


def pieces_of(mesh: Mesh) -> int:
    """How many pieces of at least PART of its area `mesh` consists of."""
    surface = mesh.surface
    a, b = surface.faces.ravel(), np.roll(surface.faces, 1, axis=1).ravel()
    count, label = connected_components(coo_array((np.ones(len(a)), (a, b)), shape=(len(mesh.vertices),) * 2))
    areas = np.bincount(label[surface.faces[:, 0]], surface.areas(), count)
    return int((areas >= PART * areas.sum()).sum())


def cut_by_frame(mask: NDArray[np.floating]) -> float:
    """Share of the outline of `mask` (H, W), 0..1, that is the picture's border."""
    inside = mask > 0.5
    border = sum(int(line.sum()) for line in (inside[0], inside[-1], inside[:, 0], inside[:, -1]))
    across = int((inside[:, 1:] != inside[:, :-1]).sum() + (inside[1:] != inside[:-1]).sum())
    return border / max(border + across, 1)
