# SPDX-License-Identifier: GPL-3.0-or-later
"""Training of the monocular estimator: pictures of the pool's views, the loss, the validation."""

from __future__ import annotations

import math
from dataclasses import fields, replace
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from engine.monocular.network import MonocularNetwork, Prediction, balloon_normals
from engine.training.plain import render_plain
from engine.training.render import render
from engine.training.views import Pool, Views, select, unpack

FINE = 0.15
"""Share of the batches at the network's full size."""
KNOWN = 0.7
"""Share of the pictures whose mask is told."""
PLAIN = 0.5
"""Share of the pictures that are plain."""
SMALLEST = 0.35
"""How much smaller the view may be drawn in a picture whose mask is not told."""


def mirrored(views: Views) -> Views:
    """The same views mirrored left to right."""
    flipped = {f.name: getattr(views, f.name) for f in fields(Views)}
    for name in ("mask", "depth", "normal", "part", "openness", "lit", "floor", "points", "bulge", "seen"):
        flipped[name] = flipped[name].flip(3)
    sign = views.mask.new_tensor([-1.0, 1.0, 1.0])
    flipped["normal"] = flipped["normal"] * sign[:, None, None]
    flipped["openness"] = flipped["openness"] * F.pad(sign, (1, 0), value=1.0)[:, None, None]
    flipped["lamps"] = views.lamps * sign
    flipped["rotation"] = sign[:, None] * views.rotation
    return Views(**flipped)


def shrunk(views: Views, scale: Tensor, shift: Tensor) -> Views:
    """The views drawn smaller by `scale` (B,) in 0..1, their middles at `shift` (B, 2) of the crop; no floor."""
    n = views.mask.shape[-1]
    zoom = torch.zeros(len(views), 2, 3, device=scale.device)
    zoom[:, 0, 0] = zoom[:, 1, 1] = 1 / scale
    zoom[:, :, 2] = -shift / scale[:, None] * scale.new_tensor([1.0, -1.0])
    grid = F.affine_grid(zoom, [len(views), 1, n, n], align_corners=False)
    size = scale[:, None, None, None]
    changed = {f.name: getattr(views, f.name) for f in fields(Views)}
    for name in ("mask", "depth", "normal", "part", "openness", "lit", "points", "bulge"):
        image = changed[name]
        moved = F.grid_sample(image.float(), grid, mode="nearest", align_corners=False)
        changed[name] = moved.to(image.dtype)
    changed["depth"], changed["bulge"] = changed["depth"] * size, changed["bulge"] * size
    changed["floor"] = torch.zeros_like(views.floor)
    changed["perspective"] = views.perspective / scale
    return Views(**changed)


def angular_loss(normal: Tensor, true: Tensor, concentration: Tensor, mask: Tensor) -> Tensor:
    """Negative log likelihood of the angle between unit `normal` and `true` (B, 3, N, N) under the density
    (kappa^2 + 1) exp(-kappa angle) / (1 + exp(-kappa pi)), kappa the `concentration` (B, 1, N, N); the mean over the
    `mask`. Bae, Budvytis, Cipolla, "Estimating and Exploiting the Aleatoric Uncertainty in Surface Normal Estimation",
    2021, Eq. 4. The mean angle itself is added, so that sure and unsure places both count.
    """
    angle = torch.acos((normal * true).sum(1, keepdim=True).clamp(-1 + 1e-5, 1 - 1e-5))
    likelihood = (
        concentration * angle - torch.log(concentration**2 + 1) + torch.log1p(torch.exp(-concentration * math.pi))
    )
    return ((likelihood + 2 * angle) * mask).sum() / mask.sum().clamp_min(1)


def depth_loss(depth: Tensor, true: Tensor, mask: Tensor) -> Tensor:
    """Mean absolute error over the `mask` of the depth (B, 1, N, N), free of a constant for each picture."""
    error = (depth - true) * mask
    count = mask.sum((1, 2, 3), keepdim=True).clamp_min(1)
    offset = error.sum((1, 2, 3), keepdim=True) / count
    return ((error - offset * mask).abs().sum((1, 2, 3), keepdim=True) / count).mean()


def mask_loss(logit: Tensor, true: Tensor) -> Tensor:
    """Cross entropy plus the soft Dice error of the mask (B, 1, N, N)."""
    entropy = F.binary_cross_entropy_with_logits(logit, true)
    p = torch.sigmoid(logit)
    overlap = 2 * (p * true).sum((1, 2, 3)) / (p.sum((1, 2, 3)) + true.sum((1, 2, 3))).clamp_min(1)
    return entropy + (1 - overlap).mean()


def loss(prediction: Prediction, views: Views, known: Tensor) -> Tensor:
    """The whole loss of a prediction for `views`; the mask counts where it wasn't told, `known` (B,) being 0."""
    surface = angular_loss(prediction.normal, views.normal, prediction.concentration, views.mask)
    surface = surface + 2 * depth_loss(prediction.depth, views.depth, views.mask)
    asked = known < 0.5
    if not bool(asked.any()):
        return surface
    return surface + mask_loss(prediction.mask[asked], views.mask[asked])


def draw_batch(pool: Pool, batch: int, generator: torch.Generator) -> tuple[Tensor, Views, Tensor]:
    """A random batch: pictures (B, 3, N, N), their views, and which masks are known (B,).

    Objects whose mask is not known are smaller at times and anywhere in the picture.
    """
    device = generator.device

    def uniform(*shape: int) -> Tensor:
        return torch.rand(shape, generator=generator, device=device)

    index = torch.randint(len(pool), (batch,), generator=generator, device=device).cpu()
    views = unpack(pool.packed(index), device)
    if float(uniform()) < 0.5:
        views = mirrored(views)
    known = (torch.arange(batch, device=device) < KNOWN * batch).float()
    whole = (uniform(batch) < 0.3) | (known > 0.5)
    scale = torch.where(whole, 1.0, SMALLEST + (1 - SMALLEST) * uniform(batch))
    shift = (1 - scale)[:, None] * (2 * uniform(batch, 2) - 1)
    views = _mixed(views, shrunk(views, scale, shift), whole)
    plain = int(PLAIN * batch)
    order = torch.randperm(batch, generator=generator, device=device)
    easy, rich = select(views, order[:plain]), select(views, order[plain:])
    picture = torch.empty_like(views.normal)
    picture[order[:plain]], picture[order[plain:]] = render_plain(easy, generator), render(rich, generator)
    return picture, views, known


def _mixed(first: Views, second: Views, choose: Tensor) -> Views:
    """The views of `first` where `choose` (B,), else those of `second`."""
    pick = {}
    for f in fields(Views):
        a, b = getattr(first, f.name), getattr(second, f.name)
        pick[f.name] = torch.where(choose.reshape(-1, *[1] * (a.dim() - 1)), a, b)
    return replace(first, **pick)


class MonocularTask:
    """The monocular estimator as something to train."""

    name = "monocular"
    learning_rate = 1.5e-3

    def __init__(
        self,
        pool: Pool,
        fine: Pool,
        validation: Pool,
        device: torch.device,
        batch: int = 24,
        network: dict[str, Any] | None = None,
    ) -> None:
        """`pool`, `fine` and `validation`: views of different objects, the latter two at the network's full size.
        `network`: arguments of MonocularNetwork.

        Most batches are of the smaller pictures of `pool`, four times as quick to learn from.
        """
        torch.manual_seed(0)  # the network's initial weights
        self.model = MonocularNetwork(**(network or {})).to(device, memory_format=torch.channels_last)
        self.pool, self.fine, self.validation, self.batch = pool, fine, validation, batch

    def loss(self, generator: torch.Generator) -> Tensor:
        """Loss on a random batch, the network in bfloat16."""
        pool = self.fine if float(torch.rand((), generator=generator, device=generator.device)) < FINE else self.pool
        with torch.no_grad():
            picture, views, known = draw_batch(pool, self.batch, generator)
        with torch.autocast(generator.device.type, dtype=torch.bfloat16):
            prediction = self.model(picture, views.mask, known, views.bulge)
        return loss(prediction, views, known)

    def validate(self) -> dict[str, float]:
        """See `validation_figures`."""
        return validation_figures(self.model, self.validation)


@torch.no_grad()
def validation_figures(model: MonocularNetwork, pool: Pool, count: int = 96) -> dict[str, float]:
    """On `count` fixed pictures of `pool`, means over the pictures: angle of the normals in degrees and of the inflated
    silhouette's, the depth's error in half crops, both with the mask told; and the IoU of the mask where it isn't.
    """
    device = model.stem.weight.device
    generator = torch.Generator(device).manual_seed(1)
    totals = {"normals": 0.0, "inflation": 0.0, "depth": 0.0, "iou": 0.0}
    parts = (torch.arange(count) * len(pool) // count).split(16)
    for index in parts:
        views = unpack(pool.packed(index), device)
        picture = render(views, generator)
        known = torch.ones(len(views), device=device)
        told, untold = (model(picture, views.mask, flag, views.bulge) for flag in (known, 0 * known))
        for name, normal in (("normals", told.normal), ("inflation", balloon_normals(views.bulge))):
            angle = torch.rad2deg(torch.acos((normal * views.normal).sum(1, keepdim=True).clamp(-1, 1)))
            totals[name] += float(((angle * views.mask).sum((1, 2, 3)) / views.mask.sum((1, 2, 3))).sum())
        totals["depth"] += len(views) * float(depth_loss(told.depth, views.depth, views.mask))
        guess, true = untold.mask > 0, views.mask > 0.5
        totals["iou"] += float(((guess & true).sum((1, 2, 3)) / (guess | true).sum((1, 2, 3))).sum())
    return {name: total / count for name, total in totals.items()}
