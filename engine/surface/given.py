# SPDX-License-Identifier: GPL-3.0-or-later
"""Depth and normals of the picture that the artist brings along, in whatever frame their maker wrote them.

They may be those of a job of DreamTexture: then All Round starts from the surface that it found.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter

from engine.contract.records import ResultRecord, found_record
from engine.contract.result_folder import RESULT
from engine.errors import InputError
from engine.geometry.nearest import nearest_known
from engine.geometry.normals import normals
from engine.picture.picture import Crop
from engine.picture.reading import NUMBERS, read_numbers
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
WHOLLY = 0.9
"""Coverage of pixels that the object has for itself; on its rim, a depth is a mean of it and what is behind it."""
SAME = 1e-6
"""Share of a depth up to which differences are none."""


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


def load_given(depth: Path | None, normal: Path | None, coverage: Floats, scale: int = 1) -> GivenSurface:
    """Reads the files that are there, for a picture with an object's `coverage` (H, W), read `scale` times smaller.

    depth: a picture of 8, 16 or 32 bits or an npy of (H, W). normal: a picture whose 0..255 stand for -1..1, or an npy
    of (H, W, 3). An npy in the folder of a result of ours covers the crop of the picture that this tells. What isn't
    finite, or lies beside the object, says nothing. Raises InputError for what can't be read, has other proportions
    than the picture, or tells nothing of the object.
    """
    one = None if depth is None else _read(depth, coverage, scale, "depth")
    other = None if normal is None else _read(normal, coverage, scale, "normal")
    return GivenSurface(one, other)


def _read(path: Path, coverage: Floats, scale: int, kind: str) -> Floats:
    """(H, W) depth or (H, W, 3) normals in `path`, resized to the picture."""
    values = read_numbers(path, 3 if kind == "normal" else 1)
    is_array = path.suffix.lower() == NUMBERS
    if kind == "normal" and not is_array:
        values = values / np.float32(127.5) - 1
    rows, columns = values.shape[:2]
    height, width = coverage.shape
    crop = _crop_of(path.parent, scale) if is_array and rows == columns else None
    if crop is not None:
        return _placed(_told(values, _cropped(coverage, crop, rows), path), crop, width, height)
    if abs(columns * height - rows * width) > max(width, height, columns, rows):
        raise InputError(
            "map-proportions", file=path.name, map_width=columns, map_height=rows, width=width, height=height
        )
    shrinks = columns < width
    object_ = cv2.resize(coverage, (columns, rows), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    resized = cv2.resize(_told(values, object_, path), (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(resized, np.float32)


def _told(values: Floats, coverage: Floats, path: Path) -> Floats:
    """`values` (H, W, ...) on the object, whose `coverage` (H, W) is, and the nearest of these everywhere else."""
    finite = np.isfinite(values.reshape(*coverage.shape, -1)).all(-1)
    known = finite & (coverage >= WHOLLY)
    if not known.any():
        known = finite & (coverage >= 0.5)
    if not known.any():
        raise InputError("map-empty", file=path.name)
    told = values[known]
    if values.ndim == 2 and np.ptp(told) <= SAME * np.abs(told).max():
        raise InputError("map-flat", file=path.name)
    return values[nearest_known(known)]


def _crop_of(folder: Path, scale: int) -> Crop | None:
    """The crop that the result in `folder` is of, in pixels of a picture that was read `scale` times smaller."""
    result = found_record(folder / RESULT, ResultRecord)
    if result is None or "crop" not in result or result["crop"]["size"] < 1:
        return None
    return Crop(*(round(result["crop"][name] / scale) for name in ("x", "y", "size")))


def _filled(values: NDArray[Any]) -> NDArray[Any]:
    """`values` (H, W) with the nearest that is known where they are NaN."""
    return values[nearest_known(~np.isnan(values))]


def _placed(values: Floats, crop: Crop, width: int, height: int) -> Floats:
    """`values` (n, n, ...) over the `crop` of a picture, at its pixels (height, width, ...)."""
    scale = len(values) / crop.size
    to_values = np.array([[scale, 0, (0.5 - crop.x) * scale - 0.5], [0, scale, (0.5 - crop.y) * scale - 0.5]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    placed = cv2.warpAffine(values, to_values, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(placed, np.float32)


def _cropped(values: Floats, crop: Crop, n: int) -> Floats:
    """The `crop` of `values` (H, W, ...) at n x n pixels, beyond the border those at it."""
    scale = crop.size / n
    to_crop = np.array([[scale, 0, crop.x + scale / 2 - 0.5], [0, scale, crop.y + scale / 2 - 0.5]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(values, to_crop, (n, n), flags=flags, borderMode=cv2.BORDER_REPLICATE), np.float32)


def _turned_like(depth: NDArray[Any], normal: Floats) -> Floats:
    """`depth` (N, N) so scaled that its own normals are nearest to `normal` (N, N, 3), with mean 0; NaN where it is.

    They are those of the depth without its noise, which has slopes, too, and with its jumps. The median of the angles
    isn't ruled by these. Where normals tell little, all parts facing the camera, the depth's deviation is drawn to a
    usual one.
    """
    mask = np.isfinite(depth)
    depth = depth.astype(np.float64)
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
