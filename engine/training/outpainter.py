# SPDX-License-Identifier: GPL-3.0-or-later
"""Training of the orbit outpainter: the loss on random steps of the orbit, the validation."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from engine.devices import brain_float
from engine.methods.pop3d.outpainter_network import OutpainterNetwork
from engine.methods.pop3d.outpainter_unet import Completion
from engine.training.outpainting_steps import STEPS, Carving, Steps, draw_steps
from engine.training.views import ORBIT_VIEWS, Pool

MASK_WEIGHT = 0.15


def gradient(image: Tensor) -> tuple[Tensor, Tensor]:
    """Differences (B, C, N - 1, N) and (B, C, N, N - 1) of neighbours down and to the right."""
    return image[:, :, 1:] - image[:, :, :-1], image[..., 1:] - image[..., :-1]


def loss(completion: Completion, steps: Steps) -> Tensor:
    """Mean absolute error in the hole, over its pixels: of the picture on white, of its gradient, of both pictures
    shrunk by four, of the object's colour; and the mask's cross entropy.
    """
    hole = steps.hole()
    pixels = hole.sum().clamp_min(1)
    error = (completion.on_white() - steps.on_white()) * hole
    sharp = sum(d.abs().sum() for d in gradient(error))
    coarse = F.avg_pool2d(error, 4).abs().sum() * 16
    color = ((completion.color - steps.color) * hole * steps.mask).abs().sum()
    entropy = F.binary_cross_entropy_with_logits(completion.mask, steps.mask, hole, reduction="sum")
    return ((error.abs().sum() + sharp + coarse + color) / 3 + MASK_WEIGHT * entropy) / pixels


def recolored(steps: Steps, generator: torch.Generator) -> Steps:
    """The steps with their colour channels exchanged at random, each in its own way."""
    order = torch.rand(len(steps), 3, generator=generator, device=generator.device).argsort(1)

    def exchanged(image: Tensor) -> Tensor:
        return torch.gather(image, 1, order[:, :, None, None].expand_as(image))

    colors, masks = steps.references[:, :, :3], steps.references[:, :, 3:]
    colors = torch.stack([exchanged(one) for one in colors.unbind(1)], 1)
    return Steps(
        shown=exchanged(steps.shown),
        seen=steps.seen,
        hull=steps.hull,
        references=torch.cat([colors, masks], 2),
        yaw=steps.yaw,
        color=exchanged(steps.color),
        mask=steps.mask,
    )


class OutpainterTask:
    """The orbit outpainter as something to train."""

    name = "outpainter"
    learning_rate = 1e-3

    def __init__(
        self,
        pool: Pool,
        validation: Pool,
        device: torch.device,
        objects: int = 4,
        network: dict[str, Any] | None = None,
    ) -> None:
        """`pool` and `validation`: orbit pools of different objects; a batch has 4 steps round each of `objects`.
        `network`: arguments of OutpainterNetwork, its `sample_size` that of the pools.
        """
        torch.manual_seed(0)  # the network's initial weights
        self.model = OutpainterNetwork(**(network or {})).to(device, memory_format=torch.channels_last)
        self.pool, self.validation, self.objects = pool, validation, objects
        self.carving = Carving(self.model.sample_size, device)

    def batch(self, generator: torch.Generator) -> Steps:
        """Steps of the orbits round random objects."""
        count = len(self.pool) // ORBIT_VIEWS
        objects = torch.randint(count, (self.objects,), generator=generator, device=generator.device).cpu()
        return recolored(draw_steps(self.pool, objects, self.carving, generator), generator)

    def loss(self, batch: Steps) -> Tensor:
        """See `loss`."""
        with brain_float(batch.mask.device):
            completion = self.model(*batch.known())
        return loss(completion, batch)

    def validate(self) -> dict[str, float]:
        """See `validation_figures`."""
        return validation_figures(self.model, self.validation, self.carving)


@torch.no_grad()
def validation_figures(model: OutpainterNetwork, pool: Pool, carving: Carving, count: int = 48) -> dict[str, float]:
    """On fixed steps round `count` objects of `pool`, in the hole: the loss, the root mean square error of the
    picture and of the hole left white, the mean absolute error of the gradient likewise, the mask's IoU.
    """
    generator = torch.Generator(model.stem.weight.device).manual_seed(1)
    totals = dict.fromkeys(("loss", "rms", "rms_white", "gradient", "gradient_white", "iou"), 0.0)
    rounds = 6
    for k in range(rounds):
        objects = torch.arange(count // rounds) + k * (count // rounds)
        steps = draw_steps(pool, objects % (len(pool) // ORBIT_VIEWS), carving, generator, 2, tuple(range(1, STEPS)))
        completion = model(*steps.known())
        hole, truth = steps.hole(), steps.on_white()
        pixels = hole.sum().clamp_min(1)
        totals["loss"] += float(loss(completion, steps)) / rounds
        for name, picture in (("", completion.on_white().clamp(0, 1)), ("_white", torch.ones_like(truth))):
            error = (picture - truth) * hole
            totals["rms" + name] += float(((error**2).sum() / pixels / 3).sqrt()) / rounds
            totals["gradient" + name] += sum(float(d.abs().sum() / pixels / 3) for d in gradient(error)) / rounds
        guess, true = (completion.mask > 0) & (hole > 0), (steps.mask > 0.5) & (hole > 0)
        totals["iou"] += float((guess & true).sum() / (guess | true).sum().clamp_min(1)) / rounds
    return totals
