# SPDX-License-Identifier: GPL-3.0-or-later
"""Training of the alignment prior: its examples, made from the pool of views, the loss, the validation."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch import Tensor
from torch.nn import functional as F
from tqdm import tqdm

from engine.geometry.conformal_map import flatten_near_identity
from engine.geometry.image_map import coordinates_everywhere
from engine.guidance.coordinate_prior import CoordinatePrior
from engine.guidance.noise import noise_level
from engine.methods.dreamtexture.virtual_texture import composite, virtual_texture
from engine.training.conformal import conformal_coordinates
from engine.training.render import render
from engine.training.views import Pool, save_shard, unpack

SIZE = 64
SHOWN = 32
"""Views that are rendered at once."""

Relief = Callable[[NDArray[np.float32], NDArray[np.bool_]], NDArray[np.floating]]
"""From a picture (N, N, 3) in 0..1 and its mask (N, N) to a continuous depth (N, N) in half crops."""


def make_examples(shard: Path, estimate: Relief, whose: str) -> Path:
    """Writes examples for the views of a `shard` beside it, unless they are there already; returns their file. `whose`
    is in its name: another word for each estimator.

    An example is a picture with its mask, the true coordinates, and the start that stage I gets: the flattened
    surface that `estimate` sees in the picture. Pictures are drawn once, since each needs its own estimate.
    """
    file = shard.with_name(f"examples_{whose}_{shard.name}")
    if not file.exists():
        pool = Pool([shard])
        generator = torch.Generator().manual_seed(zlib.crc32(shard.name.encode()))
        parts = torch.arange(len(pool)).split(SHOWN)
        found = [e for part in tqdm(parts, shard.stem) for e in _examples(pool, part, estimate, generator)]
        save_shard(file, {name: torch.stack([e[name] for e in found]) for name in found[0]})
    return file


def _examples(pool: Pool, index: Tensor, estimate: Relief, generator: torch.Generator) -> list[dict[str, Tensor]]:
    views = unpack(pool.packed(index), torch.device("cpu"))
    pictures = render(views, generator)
    step = views.mask.shape[-1] // SIZE
    found = []
    for k in range(len(index)):
        mask = views.mask[k, 0].numpy() > 0.5
        seen = estimate(pictures[k].permute(1, 2, 0).numpy(), mask)
        small = mask[::step, ::step] & np.isfinite(seen[::step, ::step])
        true = conformal_coordinates(views.depth[k, 0, ::step, ::step].double().numpy(), small)
        if true is None:
            continue
        start = flatten_near_identity(seen[::step, ::step], small)
        picture = F.interpolate(pictures[k : k + 1], size=(SIZE, SIZE), mode="area")[0]
        found.append(
            {
                "picture": (picture * 255).round().byte(),
                "mask": torch.from_numpy(np.isfinite(true[..., 0]) & np.isfinite(start[..., 0]))[None],
                "start": _image(start),
                "coordinates": _image(true),
            }
        )
    return found


def _image(coordinates: NDArray[np.floating]) -> Tensor:
    everywhere = coordinates_everywhere(coordinates.astype(np.float64))
    return torch.from_numpy(everywhere.astype(np.float16)).permute(2, 0, 1)


class Examples:
    """All examples in memory."""

    def __init__(self, files: list[Path]) -> None:
        """`files`: shards written by `make_examples`."""
        shards = [load_file(file) for file in files]
        self.tensors = {name: torch.cat([shard[name] for shard in shards]) for name in shards[0]}

    def __len__(self) -> int:
        return len(self.tensors["mask"])

    def batch(self, index: Tensor, device: torch.device) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Pictures (B, 3, N, N) in 0..1, masks (B, 1, N, N), starts and true coordinates (B, 2, N, N)."""
        picture, mask, start, true = (
            self.tensors[name][index].to(device).float() for name in ("picture", "mask", "start", "coordinates")
        )
        return picture / 255, mask, start, true


def turned(images: list[Tensor], vectors: list[Tensor], mirror: bool, quarters: int) -> list[Tensor]:
    """`images` (B, C, N, N) and `vectors` (B, 2, N, N) mirrored left to right, then turned by `quarters` x 90 degrees
    counter-clockwise.
    """
    if mirror:
        images = [t.flip(3) for t in images]
        vectors = [torch.cat([-t.flip(3)[:, :1], t.flip(3)[:, 1:]], 1) for t in vectors]
    for _ in range(quarters):
        images = [t.rot90(1, (2, 3)) for t in images]
        vectors = [t.rot90(1, (2, 3)) for t in vectors]
        vectors = [torch.cat([-t[:, 1:2], t[:, :1]], 1) for t in vectors]
    return images + vectors


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


@dataclass
class Noisy:
    """A batch: what the prior is told, as `CoordinatePrior` names it, and the truth."""

    picture: Tensor
    mask: Tensor
    start: Tensor
    noisy: Tensor
    time: Tensor
    true: Tensor
    """(B, 2, N, N) coordinates."""


def disturbed(picture: Tensor, mask: Tensor, start: Tensor, true: Tensor, time: Tensor, squares: int,
              generator: torch.Generator) -> Noisy:  # fmt: skip
    """Examples with the true composite of a texture of so many `squares` at the noise levels `time` (B,)."""
    clean = composite(picture, mask, virtual_texture(true, "checkerboard", squares), 0.5) * 2 - 1
    alpha, sigma = noise_level(time)
    noise = torch.randn(clean.shape, generator=generator, device=clean.device)
    return Noisy(picture, mask, start, alpha * clean + sigma * noise, time, true)


class AlignmentTask:
    """The alignment prior as something to train."""

    name = "alignment"
    learning_rate = 1.5e-3

    def __init__(
        self,
        examples: Examples,
        validation: Examples,
        device: torch.device,
        batch_size: int = 32,
        network: dict[str, Any] | None = None,
    ) -> None:
        """`examples` and `validation`: of different objects. `network`: arguments of CoordinatePrior."""
        torch.manual_seed(0)  # the network's initial weights
        self.model = CoordinatePrior(**(network or {})).to(device, memory_format=torch.channels_last)
        self.examples, self.validation, self.batch_size, self.device = examples, validation, batch_size, device

    def batch(self, generator: torch.Generator) -> Noisy:
        """A random batch under random mirrorings, turns and noise levels."""

        def whole(high: int, *shape: int) -> Tensor:
            return torch.randint(high, shape, generator=generator, device=self.device)

        chosen = whole(len(self.examples), self.batch_size).cpu()
        picture, mask, start, true = self.examples.batch(chosen, self.device)
        quarters = int(whole(4)) if int(whole(3)) == 0 else 0  # upright pictures more often than others
        picture, mask, start, true = turned([picture, mask], [start, true], bool(whole(2)), quarters)
        time = torch.rand(self.batch_size, generator=generator, device=self.device)
        return disturbed(picture, mask, start, true, time, self.model.config.squares, generator)

    def loss(self, batch: Noisy) -> Tensor:
        """What is wrong with the coordinates that the model predicts."""
        found = self.model(batch.picture, batch.mask, batch.start, batch.noisy, batch.time)
        return coordinate_loss(found, batch.true, batch.mask)

    @torch.no_grad()
    def validate(self) -> dict[str, float]:
        """Loss on fixed pictures and noises by noise level (at 0.98 the composite tells next to nothing), and that of
        the start.
        """
        examples = self.validation.batch(torch.arange(min(256, len(self.validation))), self.device)
        _, mask, start, true = examples
        figures = {"start": float(coordinate_loss(start, true, mask))}
        for level in (0.3, 0.7, 0.98):
            generator = torch.Generator(self.device).manual_seed(1)
            time = torch.full((len(mask),), level, device=self.device)
            batch = disturbed(*examples, time, self.model.config.squares, generator)
            figures[str(level)] = float(self.loss(batch))
        return figures
