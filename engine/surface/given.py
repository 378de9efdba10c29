# SPDX-License-Identifier: GPL-3.0-or-later
"""Depth and normals of the picture that the artist brings along, in whatever frame their maker wrote them.

They may be those of a job of DreamTexture: then All Round starts from the surface that it found.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError
from scipy.ndimage import median_filter

from engine.contract.files import read_json
from engine.contract.result_folder import RESULT
from engine.errors import InputError
from engine.geometry.nearest import nearest_known
from engine.geometry.normals import normals
from engine.picture.picture import Crop
from engine.surface.estimate import Floats, SurfaceEstimate

SURE = 0.02
"""Radians by which given normals may be wrong."""
ANCHOR = 100.0
"""See `SurfaceEstimate`; a given depth knows of jumps what no normals tell."""
NOISE = 0.015
"""Half crops up to which a given depth, before it is compared with normals, is the median of what lies around."""
DEVIATIONS = np.geomspace(0.01, 1, 120)
"""Standard deviations that a depth may have, half crops."""
USUAL, HABIT = 0.2, 0.02
"""The usual one, and the angle in radians that one by a factor e beside it has to gain."""
ROUNDS = 10


@dataclass(frozen=True)
class GivenSurface:
    """What is known of the surface in a picture of H x W pixels."""

    depth: Floats | None
    """(H, W) along the line of sight, or its inverse, up to scale, shift and direction."""
    normal: Floats | None
    """(H, W, 3) unit, x right, y up or down, z towards the camera or away from it."""

    def over(self, estimate: SurfaceEstimate, crop: Crop) -> SurfaceEstimate:
        """`estimate` of the picture's `crop`, put right by what is given.

        The signs of the given normals' y and z are those that fit the estimate best. A given depth takes scale and
        direction from the given normals. Without these, scale, shift and direction are those that fit the estimated
        depth best, and the normals are the depth's. Where a normal is unknown it stays the estimated one.
        """
        if self.depth is None and self.normal is None:
            return estimate
        n, mask = len(estimate.mask), estimate.mask
        if self.normal is not None:
            given = _cropped(self.normal, crop, n)
            signs = [np.array([1, y, z], np.float32) for y, z in product((1, -1), repeat=2)]
            sign = max(signs, key=lambda sign: float((given * sign * estimate.normal)[mask].sum()))
            normal = given * sign / np.linalg.norm(given, axis=-1, keepdims=True).clip(1e-6)
        if self.depth is not None:
            depth = np.where(mask, _cropped(self.depth, crop, n), np.nan)
            if self.normal is not None:
                depth = _turned_like(depth, normal)
            else:
                depth = _near(depth, estimate.depth)
                normal = normals(depth, mask).astype(np.float32)
            estimate = replace(estimate, depth=depth, anchor=ANCHOR)
        known = mask & np.isfinite(normal).all(-1)
        normal = np.where(known[..., None], normal, estimate.normal)
        return replace(estimate, normal=normal, uncertainty=np.where(known, np.float32(SURE), estimate.uncertainty))


def load_given(depth: Path | None, normal: Path | None, width: int, height: int) -> GivenSurface:
    """Reads the files that are there, for a picture of `width` x `height` pixels.

    depth: a picture of 8 or 16 bits or an npy of (H, W). normal: a picture whose 0..255 stand for -1..1, or an npy of
    (H, W, 3). An npy in the folder of a result of ours covers the crop of the picture that this tells. Raises
    InputError for what can't be read or has other proportions than the picture.
    """
    one = None if depth is None else _read(depth, width, height, "depth")
    other = None if normal is None else _read(normal, width, height, "normal")
    return GivenSurface(one, other)


def _read(path: Path, width: int, height: int, kind: str) -> Floats:
    """(height, width) depth or (height, width, 3) normals in `path`, resized to the picture."""
    try:
        values = np.load(path, allow_pickle=False) if path.suffix == ".npy" else _pixels(path, kind)
    except (OSError, ValueError, EOFError, UnidentifiedImageError):
        raise InputError("map-unreadable", file=path.name) from None
    if values.shape[2:] != ((3,) if kind == "normal" else ()) or values.ndim < 2 or values.dtype.kind not in "fiu":
        raise InputError("map-shape", file=path.name, shape=str(values.shape))
    rows, columns = values.shape[:2]
    values = _filled(values.astype(np.float32))
    if path.suffix == ".npy" and (crop := (read_json(path.parent / RESULT) or {}).get("crop")):
        return _placed(values, Crop(**crop), width, height)
    if abs(columns * height - rows * width) > max(width, height, columns, rows):
        raise InputError(
            "map-proportions", file=path.name, map_width=columns, map_height=rows, width=width, height=height
        )
    return np.asarray(cv2.resize(values, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def _filled(values: Floats) -> Floats:
    """`values` (H, W, ...) with the nearest that is known where they are NaN, and 0 where none is."""
    known = np.asarray(~np.isnan(values.reshape(*values.shape[:2], -1)).any(-1))
    return np.nan_to_num(values[nearest_known(known)])


def _placed(values: Floats, crop: Crop, width: int, height: int) -> Floats:
    """`values` (n, n, ...) over the `crop` of a picture, at its pixels (height, width, ...)."""
    scale = len(values) / crop.size
    to_values = np.array([[scale, 0, (0.5 - crop.x) * scale - 0.5], [0, scale, (0.5 - crop.y) * scale - 0.5]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    placed = cv2.warpAffine(values, to_values, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(placed, np.float32)


def _pixels(path: Path, kind: str) -> np.ndarray:
    with Image.open(path) as image:
        if kind == "normal":
            return np.asarray(image.convert("RGB"), np.float32) / 127.5 - 1
        return np.asarray(image if image.mode.startswith("I") else image.convert("L")).astype(np.float32)


def _cropped(values: Floats, crop: Crop, n: int) -> Floats:
    """The `crop` of `values` (H, W, ...) at n x n pixels, beyond the border those at it."""
    scale = crop.size / n
    to_crop = np.array([[scale, 0, crop.x + scale / 2 - 0.5], [0, scale, crop.y + scale / 2 - 0.5]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(values, to_crop, (n, n), flags=flags, borderMode=cv2.BORDER_REPLICATE), np.float32)


def _turned_like(depth: Floats, normal: Floats) -> Floats:
    """`depth` (N, N) so scaled that its own normals are nearest to `normal` (N, N, 3), with mean 0; NaN where it is.

    They are those of the depth without its noise, which has slopes, too, and with its jumps. The median of the angles
    isn't ruled by these. Where normals tell little, all parts facing the camera, the depth's deviation is drawn to a
    usual one.
    """
    mask = np.isfinite(depth)
    depth = (depth - np.nanmean(depth)) / np.nanstd(depth)
    own = normals(median_filter(_filled(depth), 2 * round(NOISE * len(depth) / 2) + 1), mask)[mask]
    slopes, given = own[:, :2] / own[:, 2:], normal[mask]
    along, steepness = (slopes * given[:, :2]).sum(-1), (slopes**2).sum(-1)

    def misfit(deviation: float) -> float:
        cosine = (deviation * along + given[:, 2]) / np.sqrt(1 + deviation**2 * steepness)
        angle = float(np.nanmedian(np.arccos(np.clip(cosine, -1, 1))))
        return angle + HABIT * math.log(abs(deviation) / USUAL) ** 2

    return (min((*DEVIATIONS, *-DEVIATIONS), key=misfit) * depth).astype(np.float32)


def _near(depth: Floats, target: Floats) -> Floats:
    """`depth` (N, N) scaled and shifted to be nearest to `target` (N, N), by least absolute differences; NaN where it
    is.
    """
    known = np.isfinite(depth)
    scale, shift = _least_absolute(np.stack([depth[known], np.ones(known.sum())], 1), target[known])
    return (depth * scale + shift).astype(np.float32)


def _least_absolute(columns: NDArray[np.floating], target: NDArray[np.floating]) -> NDArray[np.float64]:
    """The factors (C,) that bring the sum of the `columns` (P, C) nearest to the `target` (P,), by the sum of the
    absolute differences (iteratively reweighted least squares).
    """
    a, b = columns.astype(np.float64), target.astype(np.float64)
    weight = np.ones_like(b)
    for _ in range(ROUNDS):
        root = np.sqrt(weight)
        solution = np.linalg.lstsq(a * root[:, None], b * root, rcond=None)[0]
        weight = 1 / np.maximum(np.abs(a @ solution - b), 1e-4)
    return np.asarray(solution)
