# SPDX-License-Identifier: GPL-3.0-or-later
"""Colour Retinex: what is left of a picture when its object is painted in one colour."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from engine.geometry.sparse import factorized
from engine.picture.srgb import to_linear, to_srgb

COLOUR = 0.1  # distance in chromaticity (r, g, b with sum 1) between neighbours at which a step is half paint
DARK = 0.02  # of linear light, added to the sum of the channels: black has no chromaticity
REACH = 0.25  # of the picture: farther than this, brightness is as it was rather than the sum of its steps

Floats = NDArray[np.float32]


def without_paint(picture: Floats, mask: NDArray[np.bool_]) -> Floats:
    """`picture` (N, N, 3), sRGB 0..1, with the object in `mask` (N, N) in its mean colour, shaded as it is; 0 outside.

    Light changes the brightness from pixel to pixel and paint the colour, too (Land and McCann, 1971, for colours as
    Grosse, Johnson, Adelson, Freeman, "Ground truth dataset and baseline evaluations for intrinsic image algorithms",
    2009): so the steps in log brightness are kept the less the more the colour changes, and summed up again by least
    squares.
    """
    light = to_linear(picture[mask].astype(np.float64))
    brightness = light.sum(-1) + DARK
    chromaticity = (light + DARK / 3) / brightness[:, None]
    steps = _steps(mask)
    change = np.linalg.norm(steps @ chromaticity, axis=1)
    shaded = (steps @ np.log(brightness)) / (1 + (change / COLOUR) ** 2)
    pull = 1 / (REACH * len(mask)) ** 2
    system = steps.T @ steps + pull * sp.eye_array(len(light))
    shading = np.exp(factorized(system.tocsc()).solve(steps.T @ shaded + pull * np.log(brightness)))
    painted = np.zeros_like(picture)
    painted[mask] = to_srgb(np.clip(shading[:, None] / shading.mean() * light.mean(0), 0, 1))
    return painted


def _steps(mask: NDArray[np.bool_]) -> sp.csr_array:
    """The differences (S, P) from each of the P pixels of `mask` to its right and lower neighbour, where it has one."""
    index = np.full(mask.shape, -1)
    index[mask] = np.arange(mask.sum())
    pairs = np.concatenate(
        [np.stack([a.ravel(), b.ravel()], 1) for a, b in ((index[:, :-1], index[:, 1:]), (index[:-1], index[1:]))]
    )
    pairs = pairs[(pairs >= 0).all(1)]
    rows = np.repeat(np.arange(len(pairs)), 2)
    return sp.coo_array((np.tile([-1.0, 1.0], len(pairs)), (rows, pairs.ravel())), (len(pairs), mask.sum())).tocsr()
