# SPDX-License-Identifier: GPL-3.0-or-later
"""What the alignment prior learns from: batches from the pool of surfaces, its loss, and its validation."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from engine.dreamtexture.virtual_texture import composite, virtual_texture
from engine.guidance.coordinate_prior import CoordinatePrior
from engine.guidance.noise import noise_level
from engine.training.render import Batch, render


@dataclass
class Pool:
    """All surfaces of a pool in memory: tensors (K, C, N, N) in half precision, frames of the engine."""

    depth: Tensor
    normal: Tensor
    mask: Tensor
    coordinates: Tensor
    inflated: Tensor

    @classmethod
    def load(cls, files: list[Path]) -> Pool:
        """Reads shards written by `geometry.make_shard`."""
        shards = [np.load(file) for file in files]

        def gather(name: str) -> Tensor:
            array = torch.from_numpy(np.concatenate([shard[name] for shard in shards]))
            return array[:, None] if array.ndim == 3 else array.permute(0, 3, 1, 2).contiguous()

        return cls(*(gather(name) for name in ("depth", "normal", "mask", "coordinates", "inflated")))

    def __len__(self) -> int:
        return len(self.mask)

    def batch(self, index: Tensor, device: torch.device) -> tuple[Batch, Tensor]:
        """The surfaces at `index` (B,) in single precision on `device`, and the coordinates (B, 2, N, N) of
        their inflated silhouettes."""
        depth, normal, mask, coordinates, inflated = (
            t[index].to(device).float() for t in (self.depth, self.normal, self.mask, self.coordinates, self.inflated)
        )
        return Batch(depth, normal, mask, coordinates), inflated


def turned(surface: Batch, inflated: Tensor, mirror: bool, quarters: int) -> tuple[Batch, Tensor]:
    """The same surfaces mirrored left to right, then turned by `quarters` x 90 degrees counter-clockwise."""
    images = [surface.depth, surface.mask]
    vectors = [surface.normal, surface.coordinates, inflated]
    if mirror:
        images = [t.flip(3) for t in images]
        vectors = [torch.cat([-t.flip(3)[:, :1], t.flip(3)[:, 1:]], 1) for t in vectors]
    for _ in range(quarters):
        images = [t.rot90(1, (2, 3)) for t in images]
        vectors = [t.rot90(1, (2, 3)) for t in vectors]
        vectors = [torch.cat([-t[:, 1:2], t[:, :1], t[:, 2:]], 1) for t in vectors]
    return Batch(images[0], vectors[0], images[1], vectors[1]), vectors[2]


def jacobian(field: Tensor) -> tuple[Tensor, Tensor]:
    """Forward differences a pixel to the right and up of coordinates (B, 2, N, N): (B, 2, N - 1, N - 1) each."""
    return field[..., 1:, 1:] - field[..., 1:, :-1], field[..., :-1, :-1] - field[..., 1:, :-1]


def conformal_error(predicted: Tensor, true: Tensor) -> Tensor:
    """How far the map from the true to the predicted coordinates (B, 2, N, N) is from keeping angles: 0 where it does,
    1 where it turns the surface over, (B, 1, N - 1, N - 1).

    It is all that stage II sees: coordinates that differ by a conformal map belong to the same surface. With K = J
    adj(J_true) split into its conformal part c and its anti-conformal part d, it is |d| / sqrt(|c|^2 + |d|^2).
    """
    (a, c), (b, d) = (t.unbind(1) for t in jacobian(predicted))
    (ta, tc), (tb, td) = (t.unbind(1) for t in jacobian(true))
    k11, k12, k21, k22 = a * td - b * tc, b * ta - a * tb, c * td - d * tc, d * ta - c * tb
    conformal = (k11 + k22) ** 2 + (k21 - k12) ** 2
    other = (k11 - k22) ** 2 + (k12 + k21) ** 2
    return ((other + 1e-12) / (conformal + other + 1e-11)).sqrt()[:, None]


def coordinate_loss(predicted: Tensor, true: Tensor, mask: Tensor) -> Tensor:
    """Error of coordinates (B, 2, N, N) where `mask` (B, 1, N, N): above all the angles between them, then their
    gradients relative to the true ones, then their positions in pixels; large errors count linearly.
    """
    n = mask.shape[-1]
    distance = ((predicted - true) * (n / 2)).norm(dim=1, keepdim=True)
    position = (F.huber_loss(distance, torch.zeros_like(distance), reduction="none") * mask).sum() / mask.sum()
    block = mask[..., 1:, 1:] * mask[..., 1:, :-1] * mask[..., :-1, :-1] * mask[..., :-1, 1:]
    angle = (conformal_error(predicted, true) * block).sum() / block.sum()
    relative = torch.zeros_like(angle)
    for p, q in zip(jacobian(predicted), jacobian(true), strict=True):
        error = (p - q).norm(dim=1, keepdim=True) / q.norm(dim=1, keepdim=True).clamp_min(1 / n)
        huber = F.huber_loss(error, torch.zeros_like(error), reduction="none", delta=0.5)
        relative = relative + (huber * block).sum() / block.sum()
    return 2 * angle + 0.5 * relative + 0.05 * position


def predict(
    model: CoordinatePrior, surface: Batch, inflated: Tensor, time: Tensor, generator: torch.Generator
) -> Tensor:
    """The model's coordinates (B, 2, N, N) for rendered pictures of `surface` at the noise levels `time` (B,)."""
    picture = render(surface, generator)
    texture = virtual_texture(surface.coordinates, "checkerboard", model.config.squares)
    clean = composite(picture, surface.mask, texture, 0.5) * 2 - 1
    alpha, sigma = noise_level(time)
    noise = torch.randn(clean.shape, generator=generator, device=clean.device)
    return model(picture, surface.mask, inflated, alpha * clean + sigma * noise, time)


def training_loss(model: CoordinatePrior, pool: Pool, batch_size: int, generator: torch.Generator) -> Tensor:
    """Loss on a random batch of `pool` under random materials, lights, mirrorings and noise levels."""
    device = generator.device

    def whole(high: int, *shape: int) -> Tensor:
        return torch.randint(high, shape, generator=generator, device=device)

    surface, inflated = pool.batch(whole(len(pool), batch_size).cpu(), device)
    quarters = int(whole(4)) if int(whole(3)) == 0 else 0  # upright pictures more often than others
    surface, inflated = turned(surface, inflated, bool(whole(2)), quarters)
    time = torch.rand(batch_size, generator=generator, device=device)
    return coordinate_loss(predict(model, surface, inflated, time, generator), surface.coordinates, surface.mask)


@torch.no_grad()
def validation_loss(model: CoordinatePrior, pool: Pool, device: torch.device, batches: int = 8) -> dict[float, float]:
    """Loss on fixed pictures and noises of `pool`, by noise level; at 0.98 the composite tells next to nothing."""
    losses = {}
    for level in (0.3, 0.7, 0.98):
        generator = torch.Generator(device).manual_seed(1)
        total = 0.0
        for k in range(batches):
            surface, inflated = pool.batch(torch.arange(k * 32, (k + 1) * 32) % len(pool), device)
            time = torch.full((32,), level, device=device)
            predicted = predict(model, surface, inflated, time, generator)
            total += float(coordinate_loss(predicted, surface.coordinates, surface.mask)) / batches
        losses[level] = total
    return losses
