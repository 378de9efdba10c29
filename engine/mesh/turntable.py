# SPDX-License-Identifier: GPL-3.0-or-later
"""Novel views: what the textured mesh looks like from a little further left to a little further right.

Orthographic at elevation 0 and azimuths from -10 to 10 degrees, as DreamTexture's paper shows its results, from left to
right; or all the way round, where there is a back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.geometry.triangles import RayCaster
from engine.mesh.mesh import Mesh
from engine.picture.picture import Floats

AZIMUTHS = tuple(range(-10, 11, 2))
"""Degrees; positive from the picture's right."""
ALL_ROUND = tuple(range(0, 360, 15))
SIDE = 256  # px
SAMPLES = 2  # rays along a pixel's side
MARGIN = 0.05  # on each side, as a share of the picture's
FINEST = 1024  # px of the texture's side: more can't be seen at SIDE


def turntable(mesh: Mesh, texture: Floats, azimuths: Sequence[float]) -> Iterator[Floats]:
    """A picture (SIDE, SIDE, 4) for each of `azimuths`: sRGB and alpha, 0..1, straight, row 0 on top.

    texture: (T, T, 3) sRGB 0..1, which `uv_picture` points into. All pictures have one scale, at which the largest of
    them is filled.
    """
    caster = RayCaster(mesh.surface)
    uv = mesh.uv_picture.reshape(-1, 2)[mesh.triangles]
    if len(texture) > FINEST:
        texture = np.asarray(cv2.resize(texture, (FINEST, FINEST), interpolation=cv2.INTER_AREA), np.float32)
    low, high = mesh.vertices.min(0), mesh.vertices.max(0)
    centred = mesh.vertices - (low + high) / 2
    widest = max(float(np.abs(centred @ _axes(azimuth)[0]).max()) for azimuth in azimuths)
    half = max(widest, float(high[2] - low[2]) / 2) / (1 - 2 * MARGIN)
    for azimuth in azimuths:
        origins, direction = _rays(azimuth, (low + high) / 2, half, float(np.linalg.norm(high - low)))
        face, weights = caster.first_hits(origins, np.broadcast_to(direction, origins.shape))
        met = face >= 0
        samples = np.zeros((len(face), 4), np.float32)
        samples[met, :3] = _texels(texture, np.einsum("pk,pkc->pc", weights[met], uv[face[met]]))
        samples[met, 3] = 1
        mean = samples.reshape(SIDE, SAMPLES, SIDE, SAMPLES, 4).mean((1, 3), dtype=np.float32)
        mean[..., :3] /= np.maximum(mean[..., 3:], 1e-6)
        yield mean


def _axes(azimuth: float) -> tuple[Floats, Floats]:
    """The right of the picture, and the direction towards the viewer, (3,) each."""
    angle = np.radians(azimuth)
    right, back = (np.cos(angle), np.sin(angle), 0), (np.sin(angle), -np.cos(angle), 0)
    return np.array(right, np.float32), np.array(back, np.float32)


def _rays(azimuth: float, middle: Floats, half: float, distance: float) -> tuple[Floats, Floats]:
    """Origins (R, 3), row by row from the top, and the direction (3,) of the rays of a picture `half` high and wide
    round the `middle` (3,).
    """
    right, back = _axes(azimuth)
    count = SIDE * SAMPLES
    across = ((np.arange(count, dtype=np.float32) + 0.5) / count * 2 - 1) * half
    y, x = np.meshgrid(-across, across, indexing="ij")
    up = np.array([0, 0, 1], np.float32)
    origins = middle + distance * back + x.reshape(-1, 1) * right + y.reshape(-1, 1) * up
    return np.asarray(origins, np.float32), -back


def _texels(texture: Floats, uv: NDArray[np.floating]) -> Floats:
    """The colours (P, 3) of `texture` (T, T, 3) at `uv` (P, 2), v up, between texels interpolated."""
    size = len(texture)
    x, y = (uv[:, 0] * size - 0.5).astype(np.float32), ((1 - uv[:, 1]) * size - 0.5).astype(np.float32)
    width = SIDE * SAMPLES  # OpenCV takes pictures of at most 32767 pixels a side
    columns, rows = (np.pad(axis, (0, -len(axis) % width)).reshape(-1, width) for axis in (x, y))
    found = cv2.remap(texture, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(found, np.float32).reshape(-1, 3)[: len(uv)]
