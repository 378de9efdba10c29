# SPDX-License-Identifier: GPL-3.0-or-later
"""Which guidance: the artist's choice, or the best that this machine can run."""

from __future__ import annotations

import torch

from engine.errors import InputError
from engine.guidance.base import Guidance
from engine.guidance.coordinate import CoordinateGuidance
from engine.guidance.coordinate_prior import CoordinatePrior
from engine.models import EMBEDDED, STABLE_DIFFUSION
from engine.networks import load_network
from engine.pipelines import load_pipeline


def load_guidance(choice: str, *, device: torch.device, object_words: str) -> Guidance:
    """The guidance for `choice`: "auto", "embedded", a folder with a diffusers pipeline, or a hub id.

    "auto" takes Stable Diffusion where its weights are on this machine and `device` has room for it, else the embedded
    network. Raises InputError where the choice can't be loaded.
    """
    if choice == "embedded":
        return load_embedded(device, "as asked for")
    if choice != "auto":
        return load_diffusion(choice, object_words, device, "as asked for")
    why_not = stable_diffusion_problem(device)
    if why_not:
        return load_embedded(device, why_not)
    return load_diffusion(STABLE_DIFFUSION.source, object_words, device, "its weights are here")


def takes_words(choice: str, device: torch.device) -> bool:
    """Whether the guidance that `load_guidance` would give for `choice` is told what the object is."""
    return choice != "embedded" and (choice != "auto" or not stable_diffusion_problem(device))


def stable_diffusion_problem(device: torch.device) -> str:
    """Why Stable Diffusion isn't chosen by itself on `device`; empty when it is."""
    if device.type == "cpu":
        return "Stable Diffusion would take hours on this processor"
    if STABLE_DIFFUSION.location() is None:
        return "Stable Diffusion's weights aren't on this machine"
    if device.type == "cuda":
        free = torch.cuda.mem_get_info(device)[0] / 2**30
        if free < STABLE_DIFFUSION.device_gigabytes:
            return (
                f"Stable Diffusion needs {STABLE_DIFFUSION.device_gigabytes:g} GB of free memory, there are {free:.1f}"
            )
    return ""


def load_embedded(device: torch.device, reason: str) -> CoordinateGuidance:
    """The network that comes with the engine."""
    return CoordinateGuidance(load_network(CoordinatePrior, EMBEDDED, None, device), reason)


def load_diffusion(source: str, object_words: str, device: torch.device, reason: str) -> Guidance:
    """A diffusers pipeline from a folder or a hub id, as `load_pipeline` reads it.

    Raises InputError where there is none, or one that can't guide.
    """
    from engine.guidance.diffusion import DiffusionGuidance

    pipeline = load_pipeline(source, device)
    if not hasattr(pipeline, "unet") or not hasattr(pipeline.scheduler, "alphas_cumprod"):
        raise InputError("model-no-guidance", source=source, kind=type(pipeline).__name__)
    return DiffusionGuidance(pipeline, object_words, device, source, reason)
