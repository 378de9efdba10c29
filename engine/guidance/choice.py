# SPDX-License-Identifier: GPL-3.0-or-later
"""Which guidance: the artist's choice, or the best that this machine can run."""

from __future__ import annotations

import json
from pathlib import Path

import torch

from engine.errors import InputError
from engine.guidance.base import Guidance
from engine.guidance.coordinate import CoordinateGuidance
from engine.models import EMBEDDED, STABLE_DIFFUSION, WEIGHTS


def load(choice: str, *, device: torch.device, object_words: str) -> Guidance:
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
    return CoordinateGuidance.load(WEIGHTS.parent / EMBEDDED.source, device, reason)


def load_diffusion(source: str, object_words: str, device: torch.device, reason: str) -> Guidance:
    """A diffusers pipeline from a folder or a hub id: safetensors only, never code from there; half precision on CUDA.

    Raises InputError where there is none, or one that can't guide.
    """
    from transformers.utils import logging

    logging.set_verbosity_error()  # else it complains about image processors that nobody needs here
    from diffusers import DiffusionPipeline

    from engine.guidance.diffusion import DiffusionGuidance

    _refuse_foreign_code(source)
    try:
        pipeline = DiffusionPipeline.from_pretrained(
            source, dtype=torch.float16 if device.type == "cuda" else torch.float32, use_safetensors=True
        )
    except (OSError, ValueError, ImportError, KeyError) as error:
        raise InputError(
            f"No usable diffusion model was found as '{source}' ({_first_line(error)}).",
            "Give a folder with a diffusers pipeline in safetensors, or a hub id.",
        ) from error
    if not hasattr(pipeline, "unet") or not hasattr(pipeline.scheduler, "alphas_cumprod"):
        raise InputError(
            f"'{source}' is a {type(pipeline).__name__}, which can't guide the alignment.",
            "Use a pipeline of the Stable Diffusion family, or one that works on pixels.",
        )
    pipeline.set_progress_bar_config(disable=True)
    return DiffusionGuidance(pipeline, object_words, device, source, reason)


def _refuse_foreign_code(source: str) -> None:
    """Raises InputError when the folder `source` names classes outside diffusers and transformers."""
    folder = Path(source)
    if not folder.exists():
        if "/" not in source or folder.is_absolute() or source.startswith((".", "~")):
            raise InputError(f"There is no folder '{source}'.", "Give a folder with a diffusers pipeline, or a hub id.")
        return
    try:
        index = json.loads((folder / "model_index.json").read_text())
    except (OSError, ValueError):
        raise InputError(
            f"'{source}' holds no diffusers pipeline (no readable model_index.json).",
            "Give the folder that `save_pretrained` wrote, or a hub id.",
        ) from None
    for part, entry in index.items():
        if not part.startswith("_") and isinstance(entry, list) and entry[0] not in ("diffusers", "transformers", None):
            known = entry[0] in ("stable_diffusion", "deepfloyd_if")  # diffusers' own safety checkers
            if not known:
                raise InputError(f"'{source}' brings code of its own ('{entry[0]}'), which isn't run.")


def _first_line(error: BaseException) -> str:
    return str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
