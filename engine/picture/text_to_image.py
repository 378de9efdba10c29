# SPDX-License-Identifier: GPL-3.0-or-later
"""Text to 3D begins here: a text-to-image pipeline of diffusers makes the picture that is reconstructed."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import torch

from engine.contract.protocol import PAINTING
from engine.errors import InputError
from engine.models import STABLE_DIFFUSION
from engine.picture.picture import Floats
from engine.pipelines import load_pipeline
from engine.progress import Progress

PROMPT = "a DSLR photo of {words}, centered, plain white background"
"""As DreamFusion begins its prompts (Poole et al., 2022), after which DreamTexture made its pictures; that the object
is easily cut out is ours."""


class TextToImage:
    """A pipeline that makes pictures from words, with its own steps and scale."""

    def __init__(self, pipeline: Any, name: str) -> None:
        self._pipeline = pipeline
        self.name = name

    def paint(self, words: str, *, seed: int, progress: Progress) -> Floats:
        """The picture (H, W, 3), sRGB 0..1, of what `words` name. The same seed draws the same noise on every device.

        Raises Cancelled when cancelled, and InputError where the model's own safety check withholds the picture.
        """

        def on_step(pipeline: Any, step: int, _: Any, __: dict[str, Any]) -> dict[str, Any]:
            progress.step(PAINTING, step + 1, pipeline.num_timesteps)
            return {}

        progress.step(PAINTING, 0, 1)
        made = self._pipeline(
            prompt=PROMPT.format(words=words), generator=torch.Generator().manual_seed(seed), output_type="np",
            callback_on_step_end=on_step,
        )  # fmt: skip
        if any(getattr(made, "nsfw_content_detected", None) or []):
            raise InputError("picture-withheld", model=self.name)
        return np.asarray(made.images[0], np.float32)


def load_painter(choice: str, device: torch.device) -> TextToImage:
    """The model that makes pictures where the guidance is `choice`: the same one, or Stable Diffusion for "auto" and
    "embedded". Raises InputError where it isn't there, or takes no words.
    """
    source = STABLE_DIFFUSION.source if choice in ("auto", "embedded") else choice
    if source != choice and STABLE_DIFFUSION.location() is None:
        raise InputError("painter-missing", source=source, gigabytes=STABLE_DIFFUSION.megabytes / 1000)
    return TextToImage(load_pipeline(source, device, "AutoPipelineForText2Image").to(device), source)


def object_words(prompt: str) -> str:
    """What `prompt` names, without its article."""
    return re.sub(r"^(an?|the)\s+", "", prompt.strip(), flags=re.IGNORECASE)
