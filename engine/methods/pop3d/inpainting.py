# SPDX-License-Identifier: GPL-3.0-or-later
"""Diffusion models that fill a hole in a picture as a text tells: the Stable Diffusion inpainting family."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from engine.errors import InputError
from engine.pipelines import load_pipeline, text_conditions

CHANNELS = 9
"""Of the UNet's input: noisy latents (4), hole (1), latents of the picture with a hole (4)."""


@dataclass(frozen=True)
class Sampling:
    """How a hole is filled."""

    steps: int
    """Denoising steps from pure noise; only the last `strength` of them are made."""
    strength: float
    """Share of noise in what the hole starts from."""
    guidance_scale: float
    """Classifier-free guidance as uncond + scale (cond - uncond)."""

    @property
    def steps_made(self) -> int:
        """How many steps that are."""
        return max(1, int(self.steps * self.strength))


class InpaintingModel:
    """A diffusers pipeline of this family (Stable Diffusion 1.5 and 2, SDXL) with a UNet of CHANNELS channels.

    Pictures are (B, 3, S, S) in 0..1, S the model's own size; holes (B, 1, S, S), 1 where something is to be painted.
    """

    def __init__(self, pipeline: Any, device: torch.device, name: str) -> None:
        """`pipeline`: loaded in the precision that it is to compute in; moved to `device`."""
        self.device, self.name = device, name
        pipeline.safety_checker = None  # it takes a white ground for nothing, and needs memory
        self.pipeline = pipeline.to(device)
        self.unet, self.vae = pipeline.unet, pipeline.vae
        self.encoders = [
            (getattr(pipeline, f"tokenizer{suffix}"), getattr(pipeline, f"text_encoder{suffix}"))
            for suffix in ("", "_2")
            if getattr(pipeline, f"text_encoder{suffix}", None) is not None
        ]
        for network in (self.unet, self.vae, *(encoder for _, encoder in self.encoders)):
            network.eval().requires_grad_(False)
        self.dtype: torch.dtype = self.vae.dtype
        self.scale = 2 ** (len(self.vae.config.block_out_channels) - 1)
        """Pixels along the side of a latent."""
        self.size = int(self.unet.config.sample_size) * self.scale
        """S."""

    def precision(self) -> AbstractContextManager[Any]:
        """In which single-precision weights among others compute as these do."""
        half = self.dtype != torch.float32
        return torch.autocast(self.device.type, self.dtype if half else torch.bfloat16, enabled=half)

    def conditions(self, prompt: str) -> dict[str, Any]:
        """The UNet's arguments for `prompt`; gradients run through the text encoders."""
        return text_conditions(self.pipeline, prompt, self.size, self.device)[1]

    @torch.no_grad()
    def latents(self, pictures: Tensor) -> Tensor:
        """The latents (B, 4, S / scale, S / scale) of `pictures`, on the device, in single precision."""
        images = (pictures * 2 - 1).to(self.device, self.dtype)
        return self.vae.encode(images).latent_dist.mode().float() * self.vae.config.scaling_factor

    def paint(
        self, picture: Tensor, hole: Tensor, prompt: str, sampling: Sampling, seed: int, on_step: Callable[[], None]
    ) -> Tensor:
        """The `picture` (1, 3, S, S) with its `hole` painted as `prompt` says, on the CPU; what it was there is what
        the painting starts from. The rest comes out about as it was. `on_step` is called after every denoising step.
        """

        def after(_: Any, __: int, ___: Any, values: dict[str, Any]) -> dict[str, Any]:
            on_step()
            return values

        with torch.no_grad(), self.precision():
            painted: Tensor = self.pipeline(
                prompt=prompt,
                image=picture,
                mask_image=hole,
                height=self.size,
                width=self.size,
                strength=sampling.steps_made / sampling.steps,
                num_inference_steps=sampling.steps,
                guidance_scale=sampling.guidance_scale,
                generator=torch.Generator().manual_seed(seed),
                callback_on_step_end=after,
                output_type="pt",
            ).images
        return painted.float().cpu().clamp(0, 1)


def load_inpainting_model(source: str, device: torch.device) -> InpaintingModel:
    """The model in the folder, or with the hub id, `source`: on CUDA in the half precision
    that has the range of single precision, as training needs it.

    Raises InputError where there is none, or one that can't fill holes.
    """
    pipeline = load_pipeline(source, device, half=torch.bfloat16)
    from diffusers import StableDiffusionInpaintPipeline, StableDiffusionXLInpaintPipeline

    channels = getattr(getattr(pipeline, "unet", None), "config", {}).get("in_channels")
    inpainting = isinstance(pipeline, StableDiffusionInpaintPipeline | StableDiffusionXLInpaintPipeline)
    if not inpainting or channels != CHANNELS:
        kind = type(pipeline).__name__
        if channels is None:
            raise InputError("model-no-painter", source=source, kind=kind, needed=CHANNELS)
        raise InputError("model-channels", source=source, kind=kind, channels=channels, needed=CHANNELS)
    return InpaintingModel(pipeline, device, source)
