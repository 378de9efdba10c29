# SPDX-License-Identifier: GPL-3.0-or-later
"""From light to the picture file: tone curve, and what cameras and compression do to pictures."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from engine.training.draws import Draws
from engine.training.filters import gaussian, softened


class ToneCurve:
    """Curves from light to display values."""

    def __init__(self, draws: Draws) -> None:
        self.shoulder = draws.chance(0.5)
        self.contrast = draws.uniform(0.0, 0.4) * draws.chance(0.5)
        self.gamma = draws.uniform(1.9, 2.4)

    def develop(self, radiance: Tensor, thing: Tensor) -> Tensor:
        """Display values (3, M) in 0..1 of `radiance` (3, M) >= 0."""
        rolled = 1.15 * (1 - torch.exp(-1.3 * radiance))
        value = torch.where(self.shoulder[:, thing], rolled, radiance).clamp(1e-4, 1)
        value = value ** (1 / self.gamma[:, thing])
        s_curve = value * value * (3 - 2 * value)
        return torch.lerp(value, s_curve, self.contrast[:, thing])


def reflectance(colour: Tensor) -> Tensor:
    """Reflectance of display colours in 0..1."""
    return colour.clamp(0.0, 1) ** 2.2 * 0.95 + 0.005


def photographed(picture: Tensor, draws: Draws) -> Tensor:
    """Pictures (B, 3, N, N) as cameras and files have them: part of them clean, the rest with faults; `draws` of B."""
    picture, size = picture.clone(), picture.shape[-1]
    photo = draws.chance(0.7)[0]

    def some(probability: float) -> Tensor:
        return (photo & draws.chance(probability)[0]).nonzero()[:, 0]

    def spread(value: Tensor, rows: Tensor) -> Tensor:
        return value[:, rows].T[:, :, None, None]

    if len(rows := some(0.4)):  # white balance and gain
        picture[rows] *= spread(draws.uniform(0.92, 1.06, 3) * draws.uniform(0.85, 1.1), rows)
    if len(rows := some(0.2)):  # vignetting
        across = torch.linspace(-1, 1, size, device=picture.device) ** 2
        picture[rows] *= 1 - spread(draws.uniform(0.05, 0.3), rows) * (across[:, None] + across)
    if len(rows := some(0.4)):
        picture[rows] = gaussian(picture[rows], draws.scale(0.003, 0.012)[0, rows] * size)
    if len(rows := some(0.15)):  # sharpening, with its halo
        sharpness = spread(draws.uniform(0.3, 1.5), rows)
        picture[rows] += sharpness * (picture[rows] - softened(picture[rows]))
    if len(rows := some(0.1)):  # colour fringes
        picture[rows, 0], picture[rows, 2] = picture[rows, 0].roll(1, -1), picture[rows, 2].roll(-1, -1)
    if len(rows := some(0.5)):  # noise, at times coarse or without colour
        grain = torch.randn(picture[rows].shape, generator=draws.generator, device=picture.device)
        grain = torch.where(spread(draws.chance(0.3), rows), 2 * softened(grain), grain)
        grain = torch.where(spread(draws.chance(0.3), rows), grain[:, :1], grain)
        picture[rows] += spread(draws.scale(0.003, 0.04), rows) * grain
    picture = picture.clamp(0, 1)
    if len(rows := some(0.4)):
        picture[rows] = jpeg(picture[rows], draws.uniform(0.4, 0.95)[0, rows]).clamp(0, 1)
    if len(rows := draws.chance(0.04)[0].nonzero()[:, 0]):
        picture[rows] = picture[rows].mean(1, keepdim=True).expand(-1, 3, -1, -1)
    return picture


# Quantisation steps of brightness in ITU T.81, Annex K, to within their rounding: they grow with the frequency.
_STEP_AT_ZERO, _STEP_SLOPE = 12.0, 6.5


def jpeg(picture: Tensor, quality: Tensor) -> Tensor:
    """Pictures (B, 3, N, N) in 0..1 after rounding the cosine transform of 8 x 8 blocks, as JPEG does; colour at half
    the resolution. `quality` (B,) in 0..1.
    """
    size = picture.shape[-1]
    pad = -size % 16
    padded = F.pad(picture, (0, pad, 0, pad), mode="replicate")
    to_ycc = torch.tensor(
        [[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]], device=picture.device
    )
    ycc = torch.einsum("ij,bjhw->bihw", to_ycc, padded * 255 - 128)
    step = (2 * (1 - quality)).clamp_min(0.05)
    grey = _rounded(ycc[:, :1], step)
    colour = _rounded(F.avg_pool2d(ycc[:, 1:], 2), 1.5 * step)
    colour = F.interpolate(colour, scale_factor=2.0, mode="bilinear", align_corners=False)
    back = torch.einsum("ij,bjhw->bihw", torch.linalg.inv(to_ycc), torch.cat([grey, colour], 1))
    return ((back + 128) / 255)[..., :size, :size]


def _rounded(plane: Tensor, scale: Tensor) -> Tensor:
    """(B, C, H, W), sides divisible by 8, the cosine coefficients of its blocks rounded to `scale` (B,) times steps."""
    b, c, h, w = plane.shape
    k = torch.arange(8, device=plane.device)
    dct = torch.cos((2 * k + 1) * k[:, None] * (math.pi / 16)) * 0.5
    dct[0] /= 2**0.5
    steps = (_STEP_AT_ZERO + _STEP_SLOPE * (k[:, None] + k)) * scale[:, None, None, None, None, None]
    blocks = plane.reshape(b, c, h // 8, 8, w // 8, 8).transpose(3, 4)
    coefficients = dct @ blocks @ dct.T
    return (dct.T @ ((coefficients / steps).round() * steps) @ dct).transpose(3, 4).reshape(b, c, h, w)
