# SPDX-License-Identifier: GPL-3.0-or-later
"""Fine parts for an estimated surface, from a closer look at the same picture."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from engine.surface.estimate import Floats, Mask, SurfaceEstimate

FINE = 0.055
"""Standard deviation, in sides of the crop, of the blur that tells fine parts from the whole."""
AGREEMENT = np.deg2rad(20)
"""Angle between the two looks' wholes at which fine parts count exp(-1) of what they count where the wholes agree."""


def with_fine_parts(surface: SurfaceEstimate, closer: SurfaceEstimate) -> SurfaceEstimate:
    """`surface` with the fine parts of its normals taken from `closer`, both on the same mask.

    A network that is shown more pixels sees small parts better and the whole worse, since it knows objects of one size:
    so each look gives what it sees best, as two bands of frequencies (Burt and Adelson, "A multiresolution spline with
    application to image mosaics", 1983; for depth networks Miangoleh et al., "Boosting monocular depth estimation
    models to high-resolution", 2021). Fine parts on a whole that is seen otherwise are none: where the looks disagree,
    and where the closer one is the less sure, they count less.
    """
    mask = surface.mask
    normal, other = (np.where(mask[..., None], e.normal, np.float32(0)) for e in (surface, closer))
    whole, other_whole = np.split(_blurred(np.dstack([normal, other]), mask), 2, axis=2)
    cosine = (_unit(whole) * _unit(other_whole)).sum(-1, keepdims=True)
    sure, surer = (np.where(mask, e.uncertainty, np.float32(1))[..., None] ** -2 for e in (surface, closer))
    share = np.exp(-((np.arccos(np.clip(cosine, -1, 1)) / AGREEMENT) ** 2)) * np.minimum(2 * surer / (sure + surer), 1)
    mixed = _unit(normal + share * ((other - other_whole) - (normal - whole)))
    return replace(surface, normal=np.where(mask[..., None], mixed, np.float32(np.nan)).astype(np.float32))


def _blurred(image: Floats, mask: Mask) -> Floats:
    """The means of `image` (N, N, C), 0 outside the `mask` (N, N), round each pixel, over the mask alone."""
    total, weight = (cv2.GaussianBlur(i, (0, 0), FINE * len(mask)) for i in (image, mask.astype(np.float32)))
    return np.asarray(total / np.maximum(weight, 1e-6)[..., None], np.float32)


def _unit(vectors: Floats) -> Floats:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-6), np.float32)
