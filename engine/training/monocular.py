# SPDX-License-Identifier: GPL-3.0-or-later
"""Training of the monocular estimator: pictures of the pool's views, the loss, the validation."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from engine.devices import brain_float
from engine.surface.network import MonocularNetwork
from engine.surface.unet import balloon_normals
from engine.training.render import render
from engine.training.untextured import render_untextured
from engine.training.views import Pool, Views, select, unpack

CUTTING = 0.2
"""Share of the steps that teach to cut out; the others teach the surface of what is cut out."""
UNTEXTURED = 0.4
"""Share of the pictures that are untextured."""
SMALLEST = 0.35
"""How much smaller the object may be drawn in a picture that is to be cut out."""


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
    """Cross entropy plus the soft RandomNumbers error of the mask (B, 1, N, N)."""
    entropy = F.binary_cross_entropy_with_logits(logit, true)
    p = torch.sigmoid(logit)
    overlap = 2 * (p * true).sum((1, 2, 3)) / (p.sum((1, 2, 3)) + true.sum((1, 2, 3))).clamp_min(1)
    return entropy + (1 - overlap).mean()


@dataclass
class Pictures:
    """A batch, tensors (B, C, N, N), see `Views`; the surface is asked of the network where the mask is told, else the
    mask.
    """

    picture: Tensor
    told: Tensor
    """(B,) 1 or 0, the same for all."""
    mask: Tensor
    bulge: Tensor
    normal: Tensor
    depth: Tensor


def draw_objects(pool: Pool, batch: int, generator: torch.Generator) -> Pictures:
    """Random views of objects whose masks are told."""
    views = unpack(pool.packed(_some(pool, batch, generator)), generator.device)
    if float(torch.rand((), generator=generator, device=generator.device)) < 0.5:
        views = mirrored(views)
    return _pictures(views, 1.0, generator)


def draw_scenes(pool: Pool, batch: int, generator: torch.Generator) -> Pictures:
    """Random views of objects that are to be cut out: most are smaller and anywhere in the picture."""

    def uniform(*shape: int) -> Tensor:
        return torch.rand(shape, generator=generator, device=generator.device)

    views = unpack(pool.packed(_some(pool, batch, generator)), generator.device)
    whole = uniform(batch) < 0.3
    scale = torch.where(whole, 1.0, SMALLEST + (1 - SMALLEST) * uniform(batch))
    shift = (1 - scale)[:, None] * (2 * uniform(batch, 2) - 1)
    return _pictures(_mixed(views, shrunk(views, scale, shift), whole), 0.0, generator)


def _some(pool: Pool, count: int, generator: torch.Generator) -> Tensor:
    return torch.randint(len(pool), (count,), generator=generator, device=generator.device).cpu()


def _pictures(views: Views, told: float, generator: torch.Generator) -> Pictures:
    """Pictures of `views`, some of them untextured."""
    order = torch.randperm(len(views), generator=generator, device=generator.device)
    untextured, rich = order[: int(UNTEXTURED * len(views))], order[int(UNTEXTURED * len(views)) :]
    picture = torch.empty_like(views.normal)
    picture[untextured] = render_untextured(select(views, untextured), generator)
    picture[rich] = render(select(views, rich), generator)
    known = torch.full_like(views.perspective, told)
    return Pictures(picture, known, views.mask, views.bulge, views.normal, views.depth)


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
        fine_validation: Pool,
        device: torch.device,
        batch_size: int = 24,
        network: dict[str, Any] | None = None,
    ) -> None:
        """`pool` and `validation`: views of different objects at the size at which the network looks at surfaces;
        `fine` and `fine_validation`: those at which it cuts out. `network`: arguments of MonocularNetwork.
        """
        torch.manual_seed(0)  # the network's initial weights
        self.model = MonocularNetwork(**(network or {})).to(device, memory_format=torch.channels_last)
        self.pool, self.fine, self.batch_size = pool, fine, batch_size
        self.validation, self.fine_validation = validation, fine_validation

    def batch(self, generator: torch.Generator) -> Pictures:
        """A random batch; of the larger pictures it has fewer."""
        if float(torch.rand((), generator=generator, device=generator.device)) < CUTTING:
            return draw_scenes(self.fine, max(1, self.batch_size // 3), generator)
        return draw_objects(self.pool, self.batch_size, generator)

    def loss(self, batch: Pictures) -> Tensor:
        """What the network gets wrong of the surface, or of the mask where it isn't told."""
        with brain_float(batch.picture.device):
            found = self.model(batch.picture, batch.mask, batch.told, batch.bulge)
        if not bool(batch.told[0]):
            return mask_loss(found.mask, batch.mask)
        normals = angular_loss(found.normal, batch.normal, found.concentration, batch.mask)
        return normals + 2 * depth_loss(found.depth, batch.depth, batch.mask)

    def validate(self) -> dict[str, float]:
        """See `surface_figures` and `mask_iou`."""
        return surface_figures(self.model, self.validation) | {"iou": mask_iou(self.model, self.fine_validation)}


@torch.no_grad()
def surface_figures(model: MonocularNetwork, pool: Pool, count: int = 96) -> dict[str, float]:
    """On `count` fixed pictures of `pool`, the mask told, means over the pictures: angle of the normals in degrees, of
    the inflated silhouette's too, and the depth's error in half crops.
    """
    totals = {"normals": 0.0, "inflation": 0.0, "depth": 0.0}
    for picture, views in _fixed_pictures(model, pool, count):
        found = model(picture, views.mask, torch.ones_like(views.perspective), views.bulge)
        for name, normal in (("normals", found.normal), ("inflation", balloon_normals(views.bulge))):
            angle = torch.rad2deg(torch.acos((normal * views.normal).sum(1, keepdim=True).clamp(-1, 1)))
            totals[name] += float(((angle * views.mask).sum((1, 2, 3)) / views.mask.sum((1, 2, 3))).sum())
        totals["depth"] += len(views) * float(depth_loss(found.depth, views.depth, views.mask))
    return {name: total / count for name, total in totals.items()}


@torch.no_grad()
def mask_iou(model: MonocularNetwork, pool: Pool, count: int = 96) -> float:
    """Mean intersection over union of the mask, untold, with the true one on `count` fixed pictures of `pool`."""
    total = 0.0
    for picture, views in _fixed_pictures(model, pool, count):
        guess = model(picture, views.mask, torch.zeros_like(views.perspective), views.bulge).mask > 0
        true = views.mask > 0.5
        total += float(((guess & true).sum((1, 2, 3)) / (guess | true).sum((1, 2, 3))).sum())
    return total / count


def _fixed_pictures(model: MonocularNetwork, pool: Pool, count: int) -> Iterator[tuple[Tensor, Views]]:
    """Batches of pictures, in all `count`, and their views, evenly from `pool`; always the same."""
    device = model.stem.weight.device
    generator = torch.Generator(device).manual_seed(1)
    for index in (torch.arange(count) * len(pool) // count).split(16):
        views = unpack(pool.packed(index), device)
        yield render(views, generator), views
