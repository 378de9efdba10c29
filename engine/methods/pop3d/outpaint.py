# SPDX-License-Identifier: GPL-3.0-or-later
"""Outpainting: the part of a new view that nothing is known of (POP3D, section 4), by the embedded network."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional as F

from engine.contract.messages import Message
from engine.field.view import View
from engine.methods.pop3d import inpainting
from engine.methods.pop3d.caps import painted_cap
from engine.methods.pop3d.inpainting import InpaintingModel
from engine.methods.pop3d.new_view import NewView
from engine.methods.pop3d.outpainter_unet import REFERENCES, SOURCES, OutpainterUNet
from engine.methods.pop3d.outpainting_mask import with_smooth_outline
from engine.models import OUTPAINTER, source_of
from engine.networks import load_network

CELLS = 5
"""Along a side of the picture: what is drawn at random changes from one to the next."""
LOGISTIC = 1.7
"""A logit is above a normal deviate of this scale about as often as its probability says."""
TASTE = 2.0
"""Scale of the normal deviates that prefer one source of colour to another."""


class Outpainter(Protocol):
    """What paints new views."""

    name: str

    def phases(self, number: int) -> list[tuple[Message, float]]:
        """The phases in which it tells its progress while it paints view `number`, each with its share of the work:
        1 is the work on a view without training and without a model that has phases.
        """

    def paint(self, new: NewView, seed: int) -> tuple[Tensor, Tensor]:
        """The new view's picture (N, N, 3) on white, and its object (N, N) bool: what is known stays as it is, what is
        inside for sure is object; else what is not in the hole is empty, and so may be part of the hole. The outline
        may be made smooth.

        Another `seed`, another picture; the same one, the same bits. An outpainter that has a best guess gives it for
        the seed 0.
        """


class EmbeddedOutpainter:
    """The project's own network, which knows the ring of cameras."""

    def __init__(self, network: OutpainterUNet, name: str) -> None:
        self.network = network.eval().requires_grad_(False)
        self.name = name
        """Which network: written into the result."""

    @classmethod
    def load(cls, device: torch.device, folder: Path | None = None) -> EmbeddedOutpainter:
        """Reads the weights in `folder`, by default the shipped ones, onto `device`.

        Raises InputError where `folder` holds none.
        """
        network = load_network(OutpainterUNet, OUTPAINTER, folder, device)
        return cls(network, str(folder) if folder else "embedded")

    def phases(self, number: int) -> list[tuple[Message, float]]:
        """See `Outpainter`."""
        return []

    @torch.no_grad()
    def paint(self, new: NewView, seed: int) -> tuple[Tensor, Tensor]:
        """See `Outpainter`. Other seeds than 0 draw an outline and the sources of the colours at random, as likely as
        the network thinks them. Views from above and below have only one guess.
        """
        if new.place.elevation:
            return painted_cap(new)
        device, size = self.network.device, self.network.sample_size
        views = new.earlier
        references = [references_of(view, size) for view in (views[0], views[max(len(views) - 2, 0)], views[-1])]
        assert len(references) == REFERENCES
        shown, known = _shrunk(new.color, new.known, size)
        hull = torch.maximum(F.adaptive_avg_pool2d((new.hole | new.known)[None].float(), size), known)
        outline, taste = drawn(seed, size)
        completion = self.network(
            shown[None].to(device),
            (known > 0.5)[None].float().to(device),
            (hull > 0.5)[None].float().to(device),
            torch.stack(references)[None].to(device),
            torch.tensor([math.radians(new.place.azimuth)], device=device),
            taste[None].to(device),
        )
        whole = (new.camera.size, new.camera.size)
        color, inside = (
            F.interpolate(image.cpu(), size=whole, mode="bilinear")[0]
            for image in (completion.color, completion.mask.cpu() + outline)
        )
        ragged = new.known | new.inside | (new.hole & (inside[0] > 0))
        mask = torch.from_numpy(with_smooth_outline(ragged.numpy()))
        painted = torch.where(new.known[..., None], new.color, color.permute(1, 2, 0).clamp(0, 1))
        return torch.where(mask[..., None], painted, 1.0), mask


def references_of(view: View, size: int) -> Tensor:
    """The picture of `view` on black and its mask, (4, size, size)."""
    color, coverage = _shrunk(view.color, view.mask, size)
    return torch.cat([color * coverage, coverage])


def _shrunk(color: Tensor, mask: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """The mean `color` (3, size, size) of the pixels in the `mask`, 0 where there is none, and the mask's coverage
    (1, size, size), of (N, N, 3) and (N, N).
    """
    inside = mask[None].float()
    mean = F.adaptive_avg_pool2d(torch.cat([color.permute(2, 0, 1) * inside, inside]), size)
    return mean[:3] / mean[3:].clamp_min(1e-6), mean[3:]


def drawn(seed: int, size: int) -> tuple[Tensor, Tensor]:
    """What is added to a picture of `size` x `size` pixels for the guess `seed`: (1, size, size) to the logits of
    being object, (SOURCES, size, size) to those of each source of colour. Smooth; all 0 for the seed 0.
    """
    if seed == 0:
        return torch.zeros(1, size, size), torch.zeros(SOURCES, size, size)
    coarse = torch.randn(1, 1 + SOURCES, CELLS, CELLS, generator=torch.Generator().manual_seed(seed))
    smooth = F.interpolate(coarse, size=(size, size), mode="bicubic")[0]
    return LOGISTIC * smooth[:1], TASTE * smooth[1:]


def load_outpainter(choice: str, device: torch.device) -> EmbeddedOutpainter | InpaintingModel:
    """The model for `choice`: "embedded", a folder with a network of this kind, or with a diffusers pipeline, the name
    of a pipeline in the table of models, or a hub id. Raises InputError where there is none.
    """
    folder = Path(choice)
    if choice == "embedded":
        return EmbeddedOutpainter.load(device)
    if folder.is_dir() and not (folder / "model_index.json").exists():
        return EmbeddedOutpainter.load(device, folder)
    return inpainting.load_inpainting_model(source_of(choice), device)
