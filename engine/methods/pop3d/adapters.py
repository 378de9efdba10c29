# SPDX-License-Identifier: GPL-3.0-or-later
"""What of an inpainting model learns an object: a word of its own, and adapters of low rank or the whole UNet."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from engine.methods.pop3d.inpainting import InpaintingModel

ADAPTER = "drape"
RANK = 16
TARGETS = ("to_k", "to_q", "to_v", "to_out.0")
"""The projections of the UNet's attention."""


@dataclass(frozen=True)
class Learner:
    """What can be trained, on the model's device, in single precision."""

    token: str
    """The word that stands for the object in prompts."""
    word: dict[str, nn.Parameter]
    """Its embedding for each of the text encoders."""
    network: dict[str, nn.Parameter]
    """Of the UNet."""

    @property
    def parameters(self) -> dict[str, nn.Parameter]:
        """All of them, by name."""
        return self.word | self.network


@contextmanager
def learning(model: InpaintingModel, kind: str, words: str, generator: torch.Generator) -> Iterator[Learner]:
    """Makes `model` able to learn an object; afterwards it is as it was.

    `kind`: "lora" (Hu et al., "LoRA: Low-rank adaptation of large language models", 2022) or "full". The object's word
    starts as the mean of the embeddings of `words`, which tell its kind.
    """
    token = rare_word(model.encoders[0][0])
    hooks, word = [], {}
    for number, (tokenizer, encoder) in enumerate(model.encoders):
        embedding = encoder.get_input_embeddings()
        vector = nn.Parameter(embedding.weight[_ids(tokenizer, words)].float().mean(0))
        hooks.append(embedding.register_forward_hook(_Replacement(_ids(tokenizer, token)[0], vector)))
        word[f"word.{number}"] = vector
    learnable = _adapters if kind == "lora" else _whole_network
    try:
        with learnable(model.unet, generator) as network:
            yield Learner(token, word, network)
    finally:
        for hook in hooks:
            hook.remove()


def rare_word(tokenizer: Any) -> str:
    """The rarest word of letters that `tokenizer` takes for one token: of byte pairs, the last that was merged."""
    for number in range(len(tokenizer) - 1, -1, -1):
        word = str(tokenizer.convert_ids_to_tokens(number)).removesuffix("</w>")
        if word.isascii() and word.isalpha() and _ids(tokenizer, word) == [number]:
            return word
    raise ValueError("The tokenizer knows no words.")


@dataclass(frozen=True)
class _Replacement:
    """A forward hook that replaces the embedding of one token."""

    token: int
    vector: nn.Parameter

    def __call__(self, _: nn.Module, arguments: tuple[Tensor, ...], output: Tensor) -> Tensor:
        return torch.where((arguments[0] == self.token)[..., None], self.vector.to(output.dtype), output)


@contextmanager
def _adapters(unet: Any, generator: torch.Generator) -> Iterator[dict[str, nn.Parameter]]:
    """Adapters on the attention of `unet` that change nothing yet, drawn by `generator` (CPU)."""
    from peft import LoraConfig

    unet.add_adapter(LoraConfig(r=RANK, lora_alpha=RANK, target_modules=[*TARGETS]), ADAPTER)
    try:
        parameters = {name: p for name, p in unet.named_parameters() if p.requires_grad}
        for name, parameter in parameters.items():
            drawn = torch.randn(parameter.shape, generator=generator) / RANK
            parameter.data = (drawn if "lora_A" in name else torch.zeros_like(drawn)).to(parameter.device)
        yield parameters
    finally:
        unet.delete_adapters(ADAPTER)
        unet.requires_grad_(False)


@contextmanager
def _whole_network(unet: Any, _: torch.Generator) -> Iterator[dict[str, nn.Parameter]]:
    """All parameters of `unet`, in single precision; a copy in the host's memory brings them back."""
    dtype = unet.dtype
    before = {name: tensor.detach().to("cpu", copy=True) for name, tensor in unet.state_dict().items()}
    unet.float().requires_grad_(True)
    try:
        yield dict(unet.named_parameters())
    finally:
        unet.requires_grad_(False).to(dtype)
        unet.load_state_dict(before)


def _ids(tokenizer: Any, words: str) -> list[int]:
    """The tokens of `words`, without those that begin and end a text."""
    return [*tokenizer(words).input_ids[1:-1]]
