# SPDX-License-Identifier: GPL-3.0-or-later
"""Diffusers pipelines from folders or from the hub, safetensors only and never code from there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from engine.contract.records import found_record
from engine.errors import InputError


def load_pipeline(
    source: str, device: torch.device, kind: str = "DiffusionPipeline", half: torch.dtype = torch.float16
) -> Any:
    """The pipeline in the folder, or of the hub id, `source`, ready for `device` but not moved there; in `half`
    precision on CUDA. `kind` names the class of diffusers that reads it.

    Raises InputError where there is none of this kind.
    """
    hush()
    import diffusers

    _refuse_foreign_code(source)
    try:
        pipeline = getattr(diffusers, kind).from_pretrained(
            source, dtype=half if device.type == "cuda" else torch.float32, use_safetensors=True,
            trust_remote_code=False,
        )  # fmt: skip
    except MemoryError:
        raise
    except Exception as error:  # there is little that diffusers doesn't raise on folders of others
        raise InputError("model-unusable", source=source, cause=_first_line(error)) from error
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def hush() -> None:
    """Keeps transformers and the hub's client from telling what isn't asked: of image processors that nobody needs
    here, of each try to reach the hub. Before anything of diffusers is imported.
    """
    from huggingface_hub.utils import logging as hub
    from transformers.utils import logging

    logging.set_verbosity_error()
    hub.set_verbosity_error()


def text_conditions(
    pipeline: Any, prompt: str, side: int, device: torch.device
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The arguments by which the UNet of a text-to-image `pipeline` learns of no text, and of `prompt`, for pictures
    of `side` x `side` pixels; batches of one, gradients run through the text encoders.
    """
    answer = pipeline.encode_prompt(prompt, device=device, num_images_per_prompt=1, do_classifier_free_guidance=True)
    if getattr(pipeline, "text_encoder_2", None) is None:
        text, no_text = answer
        return {"encoder_hidden_states": no_text}, {"encoder_hidden_states": text}
    text, no_text, pooled, no_pooled = answer  # SDXL
    ids = torch.tensor([[side, side, 0, 0, side, side]], device=device, dtype=text.dtype)
    without, with_text = (
        {"encoder_hidden_states": states, "added_cond_kwargs": {"text_embeds": embedding, "time_ids": ids}}
        for states, embedding in ((no_text, no_pooled), (text, pooled))
    )
    return without, with_text


def _refuse_foreign_code(source: str) -> None:
    """Raises InputError when the folder `source` names classes outside diffusers and transformers."""
    folder = Path(source)
    if not folder.exists():
        if "/" not in source or folder.is_absolute() or source.startswith((".", "~")):
            raise InputError("model-folder-missing", source=source)
        return
    index: dict[str, Any] | None = found_record(folder / "model_index.json", dict)
    if index is None or not isinstance(index.get("_class_name"), str):
        raise InputError("model-no-pipeline", source=source)
    known = ("diffusers", "transformers", None, "stable_diffusion", "deepfloyd_if")  # also diffusers' safety checkers
    for part, entry in index.items():
        if not part.startswith("_") and isinstance(entry, list) and entry and entry[0] not in known:
            raise InputError("model-own-code", source=source, library=str(entry[0]))


def _first_line(error: BaseException) -> str:
    return str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
