# SPDX-License-Identifier: GPL-3.0-or-later
"""Diffusers pipelines small enough for a test, with random weights, and one whose denoiser is known in closed form."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
from diffusers import (
    AutoencoderKL,
    ConfigMixin,
    DDIMScheduler,
    DDPMPipeline,
    ModelMixin,
    StableDiffusionPipeline,
    UNet2DConditionModel,
    UNet2DModel,
)
from diffusers.configuration_utils import register_to_config
from torch import Tensor
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer


def tokenizer(folder: Path) -> CLIPTokenizer:
    """A CLIP tokenizer that knows single letters only."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = ["<|startoftext|>", "<|endoftext|>", *letters, *(f"{letter}</w>" for letter in letters)]
    folder.mkdir(parents=True)
    (folder / "merges.txt").write_text("#version: 0.2\n")
    vocabulary = ", ".join(f'"{word}": {k}' for k, word in enumerate(words))
    (folder / "vocab.json").write_text("{" + vocabulary + "}")
    return CLIPTokenizer(str(folder / "vocab.json"), str(folder / "merges.txt"), model_max_length=77)


def stable_diffusion(folder: Path, latents: int = 16) -> Path:
    """A Stable Diffusion pipeline with random weights, saved as safetensors in `folder`/pipeline; its pictures have two
    pixels for each of the `latents` along a side."""
    torch.manual_seed(0)
    text = CLIPTextConfig(
        vocab_size=60, hidden_size=16, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2,
        bos_token_id=0, eos_token_id=1,
    )  # fmt: skip
    pipeline = StableDiffusionPipeline(
        vae=AutoencoderKL(
            block_out_channels=(8, 8), norm_num_groups=4, latent_channels=4,
            down_block_types=("DownEncoderBlock2D",) * 2, up_block_types=("UpDecoderBlock2D",) * 2,
        ),
        unet=UNet2DConditionModel(
            sample_size=latents, block_out_channels=(8, 16), layers_per_block=1, norm_num_groups=4,
            cross_attention_dim=16, attention_head_dim=4, down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
            up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        ),
        text_encoder=CLIPTextModel(text),
        tokenizer=tokenizer(folder / "words"),
        scheduler=DDIMScheduler(
            beta_schedule="scaled_linear", beta_start=0.00085, beta_end=0.012, steps_offset=1, clip_sample=False
        ),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )  # fmt: skip
    pipeline.save_pretrained(folder / "pipeline")
    return folder / "pipeline"


def pixel_diffusion(folder: Path) -> Path:
    """An unconditional pipeline on pixels with random weights, saved in `folder`."""
    torch.manual_seed(0)
    unet = UNet2DModel(
        sample_size=32, block_out_channels=(8, 16), layers_per_block=1, norm_num_groups=4,
        down_block_types=("DownBlock2D", "DownBlock2D"), up_block_types=("UpBlock2D", "UpBlock2D"),
    )  # fmt: skip
    DDPMPipeline(unet, DDIMScheduler()).save_pretrained(folder)
    return folder


class GaussianDenoiser(ModelMixin, ConfigMixin):
    """The exact noise prediction for images drawn from a normal distribution round `mean` (3, S, S).

    x_t = a x + s eps with x ~ N(mean, deviation^2): E[eps | x_t] = s (x_t - a mean) / (a^2 deviation^2 + s^2). With
    deviation 0 it is the score of one image. Called with a text condition c, the mean is c x `mean`.
    """

    @register_to_config
    def __init__(self, sample_size: int, in_channels: int = 3, deviation: float = 0.0) -> None:
        super().__init__()
        self.deviation = deviation
        self.mean = torch.nn.Parameter(torch.zeros(in_channels, sample_size, sample_size))
        self.alpha_bar = DDIMScheduler().alphas_cumprod

    def forward(self, x: Tensor, time: Tensor, encoder_hidden_states: Tensor | None = None) -> Any:
        """The prediction as diffusers' UNets give it."""
        alpha_bar = self.alpha_bar[int(time)]
        mean = self.mean if encoder_hidden_states is None else self.mean * encoder_hidden_states.mean()
        share = (1 - alpha_bar).sqrt() / (alpha_bar * self.deviation**2 + 1 - alpha_bar)
        return SimpleNamespace(sample=share * (x - alpha_bar.sqrt() * mean))


def known_diffusion(mean: Tensor, deviation: float) -> DDPMPipeline:
    """A pipeline on pixels, (3, S, S) as `mean` in -1..1, whose denoiser is exact."""
    unet = GaussianDenoiser(mean.shape[-1], mean.shape[0], deviation)
    unet.mean.data.copy_(mean)
    return DDPMPipeline(unet, DDIMScheduler())
