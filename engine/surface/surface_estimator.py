# SPDX-License-Identifier: GPL-3.0-or-later
"""The surface network as an estimator: cuts the object out of a picture, and says how its surface lies."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load
from torch import Tensor
from torch.nn import functional as F

from engine.devices import brain_float
from engine.errors import InputError, StageError
from engine.geometry.parts import keep_parts
from engine.models import WEIGHTS
from engine.picture.picture import straight
from engine.surface.cutout import PART, WORKING_SIZE, fit_to_edges
from engine.surface.estimate import Floats, Mask, SurfaceEstimate
from engine.surface.points import Point
from engine.surface.surface_network import Prediction, SurfaceNetwork

SHIPPED = WEIGHTS / "surface"
FILE, CONFIG = "surface.safetensors", "config.json"
LOOKS = 2  # at a picture that is to be cut out: at the whole, then at the square round what was found
ROOM = 1.35  # side of that square by the object's longer side


class SurfaceEstimator:
    """The network, and what it takes to use it on pictures of any size."""

    def __init__(self, model: SurfaceNetwork, size: int, name: str) -> None:
        """`size`: side of the square pictures that it looks at, pixels."""
        self.model = model.eval().requires_grad_(False)
        self.size, self.name = size, name

    @classmethod
    def load(cls, device: torch.device, folder: Path | None = None) -> SurfaceEstimator:
        """Reads the weights in `folder`, by default the shipped ones, onto `device`.

        Raises InputError where `folder` holds none.
        """
        place = folder or SHIPPED
        try:
            size = int(json.loads((place / CONFIG).read_bytes())["size"])
            with torch.device("meta"):  # as the weights will be the file's
                model = SurfaceNetwork()
            model.load_state_dict(load((place / FILE).read_bytes()), assign=True)
        except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
            raise InputError("weights-unusable", folder=str(place), model="estimator", training="surface") from error
        model.float().to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        return cls(model, size, str(folder) if folder else "embedded")

    def surface(self, picture: Floats, mask: Mask) -> SurfaceEstimate:
        """The surface of the object in `picture` (N, N, 3), sRGB 0..1, which `mask` (N, N) tells.

        Raises StageError where the mask is too thin to be seen.
        """
        inside = mask.astype(np.float32)
        rgb, coverage = straight(np.dstack([picture * inside[..., None], inside]), self.size)
        seen = coverage > 0.5
        if not seen.any():
            raise StageError("object-thin")
        found = self.look(rgb, seen)
        depth, normal = _array(found.depth)[..., 0], _array(found.normal)
        return SurfaceEstimate(seen, depth, normal, _array(expected_angle(found.concentration))[..., 0]).at(mask)

    def look(self, rgb: Floats, mask: Mask) -> Prediction:
        """All that the network says of `rgb` (n, n, 3) with `mask` (n, n), n its size: the mean of a look at the
        picture and one at its mirror image.
        """
        one = self._predict(rgb, mask.astype(np.float32), known=True)
        other = self._predict(rgb[:, ::-1], mask[:, ::-1].astype(np.float32), known=True).mirrored()
        mean = {f.name: (getattr(one, f.name) + getattr(other, f.name)) / 2 for f in fields(Prediction)}
        for name in ("normal", "exit_normal", "up"):
            mean[name] = F.normalize(mean[name], dim=1)
        return Prediction(**mean)

    def cut_out(self, picture: NDArray[np.uint8], points: Sequence[Point] = ()) -> Floats:
        """The coverage (H, W) 0..1 of the object in `picture` (H, W, 3), sRGB; all 0 if none is found. `points` don't
        count.
        """
        rgb = picture.astype(np.float32) / np.float32(255)
        height, width = rgb.shape[:2]
        scale = min(1.0, WORKING_SIZE / max(height, width))
        size = max(1, round(width * scale)), max(1, round(height * scale))
        small = np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.float32)
        mask = (self.probability(small) > 0.5).astype(np.float32)
        return fit_to_edges(keep_parts(mask, PART), small, rgb)

    def probability(self, rgb: Floats) -> Floats:
        """How likely each pixel of `rgb` (H, W, 3), sRGB 0..1, is part of the object, (H, W).

        The network looks at the whole picture first, then closer at where the object is.
        """
        height, width = rgb.shape[:2]
        middle, side = (width / 2, height / 2), float(max(height, width))
        probability = np.zeros((height, width), np.float32)
        for _ in range(LOOKS):
            probability = self._masked(rgb, middle, side)
            rows, columns = (np.flatnonzero((probability > 0.5).any(axis)) for axis in (1, 0))
            if not len(rows):
                break
            middle = (columns[0] + columns[-1] + 1) / 2, (rows[0] + rows[-1] + 1) / 2
            side = ROOM * max(np.ptp(rows) + 1, np.ptp(columns) + 1)
        return probability

    def _masked(self, rgb: Floats, middle: tuple[float, float], side: float) -> Floats:
        """The probability (H, W), as seen in the square of `side` pixels round `middle` (x, y); 0 outside it."""
        n = self.size
        to_square = np.array([[n / side, 0, n / 2 - middle[0] * n / side], [0, n / side, n / 2 - middle[1] * n / side]])
        to_square[:, 2] += (n / side - 1) / 2  # OpenCV counts from the centre of the first pixel
        way = cv2.INTER_AREA if n < side else cv2.INTER_LINEAR
        square = cv2.warpAffine(rgb, to_square, (n, n), flags=way, borderMode=cv2.BORDER_REPLICATE)
        found = self._predict(square, np.zeros((n, n), np.float32), known=False)
        back = cv2.warpAffine(
            _array(torch.sigmoid(found.mask)), to_square, rgb.shape[1::-1],
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_CONSTANT, borderValue=0,
        )  # fmt: skip
        return np.asarray(back, np.float32)

    @torch.no_grad()
    def _predict(self, picture: Floats, mask: Floats, *, known: bool) -> Prediction:
        device = self.model.device
        images = (torch.from_numpy(np.ascontiguousarray(image)).to(device) for image in (picture, mask))
        rgb, inside = (image.reshape(1, *image.shape[:2], -1).permute(0, 3, 1, 2) for image in images)
        with brain_float(device):
            return self.model(rgb, inside, torch.tensor([float(known)], device=device))


def expected_angle(concentration: Tensor) -> Tensor:
    """Mean angle in radians to the true normal, the density on the sphere being proportional to exp(-kappa angle).

    From the normalised density of Bae, Budvytis, Cipolla, "Estimating and Exploiting the Aleatoric Uncertainty in
    Surface Normal Estimation", 2021, Eq. 4, kappa being the `concentration`.
    """
    tail = torch.exp(-torch.pi * concentration)
    return 2 * concentration / (concentration**2 + 1) + torch.pi * tail / (1 + tail)


def _array(image: Tensor) -> Floats:
    """(1, C, N, N) as (N, N, C)."""
    return np.asarray(image[0].permute(1, 2, 0).float().cpu().numpy(), np.float32)
