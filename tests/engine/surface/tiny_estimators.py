# SPDX-License-Identifier: GPL-3.0-or-later
"""Estimators small enough for a test: one with random weights, one whose mask is known."""

from __future__ import annotations

from pathlib import Path

import torch
from diffusers import ModelMixin
from torch import Tensor

from engine.surface.embedded import EmbeddedEstimator
from engine.surface.network import MonocularNetwork
from engine.surface.unet import Prediction


def tiny_network(spread: float = 0.1) -> MonocularNetwork:
    """A network of 64 pixels whose last layer has random weights of this standard deviation."""
    torch.manual_seed(0)
    network = MonocularNetwork(sample_size=64, surface_size=64, channels=(16, 16, 16, 32), blocks=(1, 1, 1, 1))
    torch.nn.init.normal_(network.head.weight, std=spread)
    return network


def tiny_estimator(spread: float = 0.1) -> EmbeddedEstimator:
    """The estimator that uses it."""
    return EmbeddedEstimator(tiny_network(spread), "tiny")


def saved_network(folder: Path) -> Path:
    """`folder`, with a tiny network saved in it."""
    network: ModelMixin = tiny_network()
    network.save_pretrained(folder)
    return folder


class ReddestIsObject(MonocularNetwork):
    """Takes for the object what is more red than not, and has no opinion on surfaces."""

    def forward(self, picture: Tensor, mask: Tensor, known: Tensor, bulge: Tensor) -> Prediction:
        """As the real network's."""
        red = picture[:, :1] - picture[:, 1:].mean(1, keepdim=True)
        up = torch.zeros_like(picture) + picture.new_tensor([0.0, 0.0, 1.0])[:, None, None]
        return Prediction(20 * (red - 0.5), up, torch.ones_like(mask), bulge)
