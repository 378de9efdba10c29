# SPDX-License-Identifier: GPL-3.0-or-later
"""The embedded estimator: cuts the object out of a picture, and says how its surface lies, with an uncertainty."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from engine.errors import StageError
from engine.geometry.inflation import inflate
from engine.models import ESTIMATOR
from engine.networks import load_network
from engine.picture.picture import straight
from engine.surface.cutout import cut_out
from engine.surface.detail import with_fine_parts
from engine.surface.estimate import Floats, Mask, SurfaceEstimate
from engine.surface.points import Point
from engine.surface.retinex import without_paint
from engine.surface.rolling_guidance import without_fine_parts
from engine.surface.unet import MonocularUNet, Prediction

SURER = 0.85  # share of the uncertainty below which the look without fine parts is the surer one
CLOSER = 2  # how many times as many pixels a side the closer look has
LOOKS = 2  # at a picture that is to be cut out: at the whole, then at the square round what was found
ROOM = 1.35  # side of that square by the object's longer side


class EmbeddedEstimator:
    """The project's own network, and what it takes to use it on pictures of any size."""

    def __init__(self, model: MonocularUNet, name: str) -> None:
        self.model = model.eval().requires_grad_(False)
        self.name = name
        """Which network: written into the result."""

    @classmethod
    def load(cls, device: torch.device, folder: Path | None = None) -> EmbeddedEstimator:
        """Reads the weights (config.json and safetensors) in `folder`, by default the shipped ones, onto `device`.

        Raises InputError where `folder` holds none.
        """
        model = load_network(MonocularUNet, ESTIMATOR, folder, device)
        return cls(model, str(folder) if folder else "embedded")

    @property
    def size(self) -> int:
        """Side of the square picture that the network looks at closest for a surface, pixels."""
        return CLOSER * self.model.surface_size

    def surface(self, picture: Floats, mask: Mask) -> SurfaceEstimate:
        """The surface of the object in `picture` (N, N, 3), sRGB 0..1, which `mask` (N, N) tells.

        Nothing but the object's shading counts of the picture: paint would mislead the network. Other strong texture
        does, but then it knows that it is unsure: so it looks twice, the second time without fine parts, and the surer
        look is the answer. Where that is the first one, a closer look adds the fine parts, if the picture is large
        enough to have more of them. Raises StageError where the mask is too thin to be seen.
        """
        small, seen = _shown(picture, mask, self.model.surface_size)
        if not seen.any():
            raise StageError("object-thin")
        unpainted = without_paint(small, seen)
        whole, coarse = (self._estimate(image, seen) for image in (unpainted, without_fine_parts(unpainted, seen)))
        if coarse.uncertainty[seen].mean() < SURER * whole.uncertainty[seen].mean():
            return coarse.at(mask)
        if len(mask) < self.size:
            return whole.at(mask)
        large, seen = _shown(picture, mask, self.size)
        closer = self._estimate(without_paint(large, seen), seen)
        return with_fine_parts(whole.at(mask), closer.at(mask))

    def cut_out(self, picture: NDArray[np.uint8], points: Sequence[Point] = ()) -> Floats:
        """The coverage (H, W) 0..1 of the object in `picture` (H, W, 3), sRGB; all 0 if none is found. `points` don't
        count.
        """
        return cut_out(picture.astype(np.float32) / np.float32(255), self.probability)

    def probability(self, rgb: Floats) -> Floats:
        """How likely each pixel of `rgb` (H, W, 3), sRGB 0..1, is part of the object, (H, W).

        The network looks at the whole picture first, then closer at where the object is.
        """
        height, width = rgb.shape[:2]
        middle, side = (width / 2, height / 2), float(max(height, width))
        for _ in range(LOOKS):
            probability = self._look(rgb, middle, side)
            rows, columns = (np.flatnonzero((probability > 0.5).any(axis)) for axis in (1, 0))
            if not len(rows):
                break
            middle = (columns[0] + columns[-1] + 1) / 2, (rows[0] + rows[-1] + 1) / 2
            side = ROOM * max(np.ptp(rows) + 1, np.ptp(columns) + 1)
        return probability

    def _look(self, rgb: Floats, middle: tuple[float, float], side: float) -> Floats:
        """The probability (H, W), as seen in the square of `side` pixels round `middle` (x, y); 0 outside it."""
        n = self.model.sample_size
        to_square = np.array([[n / side, 0, n / 2 - middle[0] * n / side], [0, n / side, n / 2 - middle[1] * n / side]])
        to_square[:, 2] += (n / side - 1) / 2  # OpenCV counts from the centre of the first pixel
        square = cv2.warpAffine(rgb, to_square, (n, n), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        nothing = np.zeros((n, n), np.float32)
        found = self._predict(square, nothing, nothing, known=False)
        back = cv2.warpAffine(
            torch.sigmoid(found.mask)[0, 0].cpu().numpy(), to_square, rgb.shape[1::-1],
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_CONSTANT, borderValue=0,
        )  # fmt: skip
        return np.asarray(back, np.float32)

    def _estimate(self, picture: Floats, mask: Mask) -> SurfaceEstimate:
        """The surface in `picture` (n, n, 3) with `mask` (n, n), both of the size that the network looks at."""
        bulge = np.nan_to_num(inflate(mask)).astype(np.float32)
        found = self._mirrored_too(picture, mask.astype(np.float32), bulge)
        depth, normal = found.depth[0, 0].cpu().numpy(), found.normal[0].permute(1, 2, 0).cpu().numpy()
        return SurfaceEstimate(mask, depth, normal, expected_angle(found.concentration)[0, 0].cpu().numpy())

    def _mirrored_too(self, picture: Floats, mask: Floats, bulge: Floats) -> Prediction:
        """The mean of what the network says of a picture and of its mirror image."""
        one = self._predict(picture, mask, bulge, known=True)
        other = self._predict(picture[:, ::-1], mask[:, ::-1], bulge[:, ::-1], known=True)
        flip = one.normal.new_tensor([-1.0, 1.0, 1.0])[:, None, None]
        return Prediction(
            mask=(one.mask + other.mask.flip(3)) / 2,
            normal=F.normalize(one.normal + flip * other.normal.flip(3), dim=1),
            concentration=(one.concentration + other.concentration.flip(3)) / 2,
            depth=(one.depth + other.depth.flip(3)) / 2,
        )

    @torch.no_grad()
    def _predict(self, picture: Floats, mask: Floats, bulge: Floats, *, known: bool) -> Prediction:
        device = self.model.device
        images = (torch.from_numpy(np.ascontiguousarray(image)).to(device) for image in (picture, mask, bulge))
        rgb, inside, height = (image.reshape(1, *image.shape[:2], -1).permute(0, 3, 1, 2) for image in images)
        return self.model(rgb, inside, torch.tensor([float(known)], device=device), height)


def expected_angle(concentration: Tensor) -> Tensor:
    """Mean angle in radians to the true normal, the density on the sphere being proportional to exp(-kappa angle).

    From the normalised density of Bae, Budvytis, Cipolla, "Estimating and Exploiting the Aleatoric Uncertainty in
    Surface Normal Estimation", 2021, Eq. 4, kappa being the `concentration`.
    """
    tail = torch.exp(-torch.pi * concentration)
    return 2 * concentration / (concentration**2 + 1) + torch.pi * tail / (1 + tail)


def _shown(picture: Floats, mask: Mask, n: int) -> tuple[Floats, Mask]:
    """`picture` (N, N, 3) and `mask` (N, N) at n x n pixels; nothing but the object colours its rim."""
    inside = mask.astype(np.float32)
    rgb, coverage = straight(np.dstack([picture * inside[..., None], inside]), n)
    return rgb, coverage > 0.5
