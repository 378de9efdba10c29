# SPDX-License-Identifier: GPL-3.0-or-later
"""Depth and normals of the picture that the artist brings along, in whatever frame their maker wrote them.

They may be those of a job of DreamTexture: then All Round starts from the surface that it found.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, UnidentifiedImageError
from scipy.ndimage import distance_transform_edt

from engine.dreamtexture.depth import normals
from engine.errors import InputError
from engine.jobs import RESULT, read_json
from engine.monocular.embedded import Estimate, Floats
from engine.picture import Crop

SURE = 0.02
"""Radians by which given normals may be wrong."""
ROUNDS = 10


@dataclass(frozen=True)
class GivenSurface:
    """What is known of the surface in a picture of H x W pixels."""

    depth: Floats | None
    """(H, W) along the line of sight, or its inverse, up to scale, shift and direction."""
    normal: Floats | None
    """(H, W, 3) unit, x right, y up or down, z towards the camera or away from it."""

    def over(self, estimate: Estimate, crop: Crop) -> Estimate:
        """`estimate` of the picture's `crop`, put right by what is given.

        Scale, shift and direction of the given depth, and the signs of the normals' y and z, are those that fit the
        estimate best. Where only the depth is given, the normals are the depth's.
        """
        n, mask = len(estimate.mask), estimate.mask
        if self.depth is not None:
            depth = _fitted(_cropped(self.depth, crop, n), estimate.depth, mask)
            estimate = replace(estimate, depth=depth)
        if self.normal is not None:
            given = _cropped(self.normal, crop, n)
            signs = [np.array([1, y, z], np.float32) for y, z in product((1, -1), repeat=2)]
            sign = max(signs, key=lambda sign: float((given * sign * estimate.normal)[mask].sum()))
            turned = given * sign / np.linalg.norm(given, axis=-1, keepdims=True).clip(1e-6)
        elif self.depth is not None:
            turned = np.where(mask[..., None], normals(estimate.depth, mask), np.nan)
        else:
            return estimate
        turned = np.where(mask[..., None], turned, np.nan).astype(np.float32)
        known = np.isfinite(turned).all(-1)
        normal = np.where(known[..., None], turned, estimate.normal)
        return replace(estimate, normal=normal, uncertainty=np.where(known, np.float32(SURE), estimate.uncertainty))


def load(depth: Path | None, normal: Path | None, width: int, height: int) -> GivenSurface:
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
        raise InputError(f"The {kind} '{path.name}' can't be read.", "Give a PNG, or an npy file of numbers.") from None
    if values.shape[2:] != ((3,) if kind == "normal" else ()) or values.ndim < 2 or values.dtype.kind not in "fiu":
        raise InputError(f"The {kind} '{path.name}' has the wrong shape {values.shape}.")
    rows, columns = values.shape[:2]
    values = _filled(values.astype(np.float32))
    if path.suffix == ".npy" and (crop := (read_json(path.parent / RESULT) or {}).get("crop")):
        return _placed(values, Crop(**crop), width, height)
    if abs(columns * height - rows * width) > max(width, height, columns, rows):
        raise InputError(
            f"The {kind} '{path.name}' is {columns} x {rows}, which doesn't fit a picture of {width} x {height}.",
            "Use one with the picture's proportions.",
        )
    return np.asarray(cv2.resize(values, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def _filled(values: Floats) -> Floats:
    """`values` (H, W, ...) with the nearest that is known where they are NaN, and 0 where none is."""
    unknown = np.isnan(values.reshape(*values.shape[:2], -1)).any(-1)
    row, column = distance_transform_edt(unknown, return_distances=False, return_indices=True)
    return np.nan_to_num(values[row, column])


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


def _fitted(values: Floats, target: Floats, mask: np.ndarray) -> Floats:
    """`values` (N, N) scaled and shifted to be nearest to `target` (N, N) over the `mask`, by least absolute
    differences; NaN outside.
    """
    a, b = values[mask].astype(np.float64), target[mask].astype(np.float64)
    columns, weight = np.stack([a, np.ones_like(a)], 1), np.ones_like(a)
    for _ in range(ROUNDS):
        root = np.sqrt(weight)[:, None]
        solution = np.linalg.lstsq(columns * root, b[:, None] * root, rcond=None)[0][:, 0]
        weight = 1 / np.maximum(np.abs(columns @ solution - b), 1e-4)
    return np.where(mask, values * solution[0] + solution[1], np.nan).astype(np.float32)
