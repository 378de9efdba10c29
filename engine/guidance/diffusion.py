# SPDX-License-Identifier: GPL-3.0-or-later
"""Guidance by a diffusion model: score distillation in the space of its images or latents (paper, Eq. 1 and 8)."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from engine.guidance.base import Blend, Distillation
from engine.pipelines import text_conditions

PROMPT = "a black and white square checkerboard pattern wrapped into a {object}"


class DiffusionGuidance:
    """Any diffusers text-to-image pipeline of the Stable Diffusion family, or one that works on pixels.

    The composite is enlarged to the model's resolution, encoded by the VAE (the gradient runs through it) where there
    is one, noised, and denoised once. With X the image or latents, eps the noise and eps_hat its prediction,

        Z = X - w(t) (eps_hat - eps),  loss = mean of 1/2 (X - Z)^2,  eps_hat = uncond + scale (cond - uncond),

    so a guidance scale of 1 is the conditional prediction and 0 the unconditional one (another convention in use adds
    scale (cond - uncond) to cond: its 50 is our 51). w(t) = 1 - alpha_bar ("sds") or 1 ("uniform"). The mean over all
    elements of X is our choice, as are scale and range of t: the paper states none of them.
    """

    def __init__(self, pipeline: Any, object_words: str, device: torch.device, name: str, reason: str) -> None:
        """`pipeline` is a loaded diffusers pipeline, moved to `device` here; its UNet says whether it takes text."""
        self.device, self.name, self.reason = device, name, reason
        self.pipeline = pipeline.to(device)
        self.unet = pipeline.unet.eval().requires_grad_(False)
        self.vae = getattr(pipeline, "vae", None)
        if self.vae is not None:
            self.vae.eval().requires_grad_(False)
        schedule = pipeline.scheduler
        self.alpha_bar: Tensor = schedule.alphas_cumprod.to(device, torch.float32)
        self.prediction: str = schedule.config.get("prediction_type", "epsilon")
        scale = 2 ** (len(self.vae.config.block_out_channels) - 1) if self.vae is not None else 1
        self.resolution = int(self.unet.config.sample_size) * scale
        self.conditions = self._encode(PROMPT.format(object=object_words or "object"))

    def loss(self, blend: Blend, distillation: Distillation, generator: torch.Generator) -> Tensor:
        """Half the mean squared distance between X and its frozen target, averaged over the noises."""
        x = self._to_model_space(blend.composite)
        with torch.no_grad():
            t = round(distillation.noise * (len(self.alpha_bar) - 1))
            alpha_bar = self.alpha_bar[t]
            eps = torch.randn(distillation.count, *x.shape[1:], generator=generator, device=self.device)
            noisy = alpha_bar.sqrt() * x + (1 - alpha_bar).sqrt() * eps
            weight = 1 - alpha_bar if distillation.weighting == "sds" else 1.0
            gradient = weight * (self.predict_noise(noisy, t, distillation.guidance_scale) - eps).mean(0, keepdim=True)
            target = x - gradient
        return 0.5 * ((x - target) ** 2).mean()

    @torch.no_grad()
    def predict_noise(self, noisy: Tensor, t: int, guidance_scale: float) -> Tensor:
        """The guided noise eps_hat (B, C, h, w) in `noisy` at the scheduler's step `t`."""
        time = torch.tensor(t, device=self.device)
        if self.conditions is None:
            return self._as_noise(self.unet(noisy.to(self.unet.dtype), time).sample, noisy, t)
        parts = []
        for conditions in self.conditions:
            batch = {k: _repeated(v, len(noisy)) for k, v in conditions.items()}
            parts.append(self._as_noise(self.unet(noisy.to(self.unet.dtype), time, **batch).sample, noisy, t))
        uncond, cond = parts
        return uncond + guidance_scale * (cond - uncond)

    def _as_noise(self, output: Tensor, noisy: Tensor, t: int) -> Tensor:
        """The network's output as noise, whatever it was trained to predict; a learned variance is left out."""
        output = output[:, : noisy.shape[1]].float()
        alpha, sigma = self.alpha_bar[t].sqrt(), (1 - self.alpha_bar[t]).sqrt()
        if self.prediction == "v_prediction":
            return alpha * output + sigma * noisy
        if self.prediction == "sample":
            return (noisy - alpha * output) / sigma
        return output

    def _to_model_space(self, image: Tensor) -> Tensor:
        """`image` (1, 3, N, N) in 0..1 as the UNet's clean input, in single precision."""
        size = (self.resolution, self.resolution)
        enlarged = F.interpolate(image, size=size, mode="bilinear", align_corners=False, antialias=True) * 2 - 1
        if self.vae is None:
            channels = self.pipeline.unet.config.in_channels
            return enlarged if channels == 3 else enlarged.mean(1, keepdim=True)
        encoded = self.vae.encode(enlarged.to(self.vae.dtype)).latent_dist.mode()
        return (encoded * self.vae.config.scaling_factor).float()

    @torch.no_grad()
    def _encode(self, prompt: str) -> list[dict[str, Any]] | None:
        """The UNet's arguments without and with `prompt`; None for a model that takes no text."""
        if not hasattr(self.pipeline, "encode_prompt"):
            return None
        return [*text_conditions(self.pipeline, prompt, self.resolution, self.device)]


def _repeated(value: Any, count: int) -> Any:
    if isinstance(value, dict):
        return {k: _repeated(v, count) for k, v in value.items()}
    return value.expand(count, *value.shape[1:])
