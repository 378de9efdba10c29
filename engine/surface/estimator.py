# SPDX-License-Identifier: GPL-3.0-or-later
"""Who says what of a picture is object, and how its surface lies: the embedded estimator, helped by other models."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from engine import devices
from engine.errors import InputError
from engine.geometry.normals import normals
from engine.loaded_models import LoadedModels
from engine.models import source_of
from engine.picture.picture import Crop
from engine.surface import others
from engine.surface.embedded import EmbeddedEstimator
from engine.surface.estimate import Floats, Mask, SurfaceEstimate
from engine.surface.given import GivenSurface
from engine.surface.others import DepthModel, NormalModel
from engine.surface.points import Point
from engine.surface.segmenters import Segmenter
from engine.surface.surface_estimator import SurfaceEstimator

SIZE = 512
DISTANCE = 2.8
"""Half crops from the camera to the object's middle, where perspective counts; as far as All Round's."""
SURE = 0.1
"""Radians by which the normals of a model's depth may be wrong."""


class Estimator(Protocol):
    """What sees an object and its surface in a picture."""

    name: str
    """Which models: written into the result."""

    @property
    def size(self) -> int:
        """Side of the square picture that it looks at for a surface, pixels."""

    def surface(self, picture: Floats, mask: Mask) -> SurfaceEstimate:
        """The surface of the object in `picture` (N, N, 3), sRGB 0..1, which `mask` (N, N) tells.

        Raises StageError where the mask is too thin to be seen.
        """

    def cut_out(self, picture: NDArray[np.uint8], points: Sequence[Point] = ()) -> Floats:
        """The coverage (H, W) 0..1 of the object in `picture` (H, W, 3), sRGB; all 0 if none is found. `points` are
        known to be on it or off it.
        """


class HelpedEstimator:
    """The embedded estimator with other models for what they see better.

    Their depth is known up to scale and shift: the object is as deep as the embedded estimator sees it.
    """

    def __init__(
        self,
        embedded: EmbeddedEstimator,
        name: str,
        depth: DepthModel | None = None,
        normal: NormalModel | None = None,
        segmenter: Segmenter | None = None,
    ) -> None:
        self.embedded, self.name = embedded, name
        self.depth, self.normal, self.segmenter = depth, normal, segmenter

    @property
    def size(self) -> int:
        """See `Estimator`."""
        return SIZE if self.depth or self.normal else self.embedded.size

    def surface(self, picture: Floats, mask: Mask) -> SurfaceEstimate:
        """See `Estimator`. The models see the object on white."""
        estimate = self.embedded.surface(picture, mask)
        on_white = np.where(mask[..., None], picture, np.float32(1)).astype(np.float32)
        if self.depth:
            estimate = with_depth(estimate, self.depth.height(on_white), inverse=self.depth.inverse)
        normal = self.normal.normals(on_white) if self.normal else None
        return GivenSurface(None, normal).over(estimate, Crop(0, 0, len(mask)))

    def cut_out(self, picture: NDArray[np.uint8], points: Sequence[Point] = ()) -> Floats:
        """See `Estimator`. A segmenting model goes on from the embedded cut-out."""
        guess = self.embedded.cut_out(picture)
        if self.segmenter is None:
            return guess
        return self.segmenter.coverage(picture.astype(np.float32) / np.float32(255), guess, points)


def with_depth(estimate: SurfaceEstimate, height: Floats, *, inverse: bool) -> SurfaceEstimate:
    """`estimate` with the depth that the `height` (N, N) stands for, which grows towards the camera, and its normals.

    Scale and shift of the height are such that its median over the object, and its median absolute deviation from that,
    are the estimate's; where it is an `inverse` distance, that of a camera at DISTANCE.
    """
    mask = estimate.mask
    target = 1 / (DISTANCE - estimate.depth[mask]) if inverse else estimate.depth[mask]
    (middle, spread), (wanted, wanted_spread) = (_median_and_deviation(values) for values in (height[mask], target))
    fitted = wanted + (height - middle) * (wanted_spread / max(spread, 1e-9))
    if inverse:
        fitted = DISTANCE - 1 / np.maximum(fitted, 1 / (2 * DISTANCE))
    depth = np.where(mask, fitted, np.nan).astype(np.float32)
    normal = np.where(mask[..., None], normals(depth, mask), np.nan).astype(np.float32)
    known = np.isfinite(normal[..., 0])
    return SurfaceEstimate(
        mask,
        depth,
        np.where(known[..., None], normal, estimate.normal),
        np.where(known, np.float32(SURE), estimate.uncertainty),
    )


def _median_and_deviation(values: NDArray[np.floating]) -> tuple[float, float]:
    middle = float(np.median(values))
    return middle, float(np.median(np.abs(values - middle)))


def load_estimator(choice: str, device: torch.device) -> EmbeddedEstimator | HelpedEstimator | SurfaceEstimator:
    """The estimator for `choice`: "embedded", "surface" (the newer network, on trial), a folder with a network of the
    former's kind, or one or more, separated by commas, of: names in the table of models, hub ids, folders with a model
    of transformers or a Marigold pipeline of diffusers. What none of these sees is left to the embedded one.

    Raises InputError where one isn't there or can't be used, or two see the same.
    """
    if choice == "embedded":
        return EmbeddedEstimator.load(device)
    if choice == "surface":
        return SurfaceEstimator.load(device)
    if others.is_embedded(Path(choice)):
        return EmbeddedEstimator.load(device, Path(choice))
    found: dict[str, DepthModel | NormalModel | Segmenter] = {}
    for source in choice.split(","):
        kind, model = others.load_model(source_of(source.strip()), device)
        if kind in found:
            raise InputError("estimator-twice", choice=choice)
        found[kind] = model
    return HelpedEstimator(EmbeddedEstimator.load(device), choice, **found)  # type: ignore[arg-type]


def cutting_out(
    models: LoadedModels, choice: str, device: torch.device, clicks: Sequence[Point] = ()
) -> Callable[[Floats], Floats]:
    """From a picture (H, W, 3), sRGB 0..1, to the coverage (H, W) 0..1 of its object by the estimator for `choice`,
    loaded when it is needed; `clicks` on and off the object may help it.
    """

    def cut_out(rgb: Floats) -> Floats:
        devices.leave_cores_free()
        return models.get(load_estimator, choice, device).cut_out(np.round(rgb * 255).astype(np.uint8), clicks)

    return cut_out
