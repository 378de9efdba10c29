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
    StableDiffusionInpaintPipeline,
    StableDiffusionPipeline,
    StableDiffusionXLInpaintPipeline,
    UNet2DConditionModel,
    UNet2DModel,
)
from diffusers.configuration_utils import register_to_config
from torch import Tensor
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer


def tokenizer(folder: Path) -> CLIPTokenizer:
    """A CLIP tokenizer that knows single letters only."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = ["<|startoftext|>", "<|endoftext|>", *letters, *(f"{letter}</w>" for letter in letters)]
    folder.mkdir(parents=True)
    (folder / "merges.txt").write_text("#version: 0.2\n")
    vocabulary = ", ".join(f'"{word}": {k}' for k, word in enumerate(words))
    (folder / "vocab.json").write_text("{" + vocabulary + "}")
    return CLIPTokenizer(str(folder / "vocab.json"), str(folder / "merges.txt"), model_max_length=77)


TEXT = CLIPTextConfig(
    vocab_size=60, hidden_size=16, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2, projection_dim=16,
    bos_token_id=0, eos_token_id=1,
)  # fmt: skip


def vae() -> AutoencoderKL:
    """Latents of half the picture's size."""
    return AutoencoderKL(
        block_out_channels=(8, 8), norm_num_groups=4, latent_channels=4,
        down_block_types=("DownEncoderBlock2D",) * 2, up_block_types=("UpDecoderBlock2D",) * 2,
    )  # fmt: skip


def unet(**options: Any) -> UNet2DConditionModel:
    """Of pictures of 32 pixels, if the `options` don't say otherwise."""
    return UNet2DConditionModel(
        block_out_channels=(8, 16), layers_per_block=1, norm_num_groups=4, attention_head_dim=4,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"), up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        **{"sample_size": 16, "cross_attention_dim": 16, **options},
    )  # fmt: skip


def scheduler() -> DDIMScheduler:
    """Stable Diffusion's."""
    return DDIMScheduler(
        beta_schedule="scaled_linear", beta_start=0.00085, beta_end=0.012, steps_offset=1, clip_sample=False
    )


def stable_diffusion(folder: Path, latents: int = 16) -> Path:
    """A Stable Diffusion pipeline with random weights, saved as safetensors in `folder`/pipeline; its pictures have two
    pixels for each of the `latents` along a side."""
    return _saved(StableDiffusionPipeline, folder, sample_size=latents)


def inpainting(folder: Path, channels: int = 9) -> Path:
    """One of 32 pixels for filling holes; `channels` of its UNet's input."""
    return _saved(StableDiffusionInpaintPipeline, folder, in_channels=channels)


def inpainting_xl(folder: Path) -> Path:
    """Of the kind of SDXL: two text encoders, one of them with a summary of the text."""
    torch.manual_seed(0)
    network = unet(
        in_channels=9, cross_attention_dim=32, addition_embed_type="text_time", addition_time_embed_dim=4,
        projection_class_embeddings_input_dim=6 * 4 + 16,
    )  # fmt: skip
    words = tokenizer(folder / "words")
    pipeline = StableDiffusionXLInpaintPipeline(
        vae(), CLIPTextModel(TEXT), CLIPTextModelWithProjection(TEXT), words, words, network, scheduler()
    )
    pipeline.save_pretrained(folder / "pipeline")
    return folder / "pipeline"


def _saved(kind: Any, folder: Path, **options: Any) -> Path:
    """A pipeline of this `kind` with random weights, its UNet with `options`, saved in `folder`/pipeline."""
    torch.manual_seed(0)
    parts = vae(), CLIPTextModel(TEXT), tokenizer(folder / "words"), unet(**options), scheduler()
    pipeline = kind(*parts, None, None, requires_safety_checker=False)
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
