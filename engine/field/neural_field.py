# SPDX-License-Identifier: GPL-3.0-or-later
"""The field as networks: signed distance from a multi-layer perceptron, colour from another, without view direction.

The signed distance starts as that of a sphere (Atzmon and Lipman, "SAL: Sign agnostic learning of shapes from raw
data", 2020). Colour depends on place, normal and a feature of the whole surface, as in IDR (Yariv et al., "Multiview
neural surface reconstruction by disentangling geometry and appearance", 2020), less the direction of view, which POP3D
drops. The paper's places are encoded by sines and cosines; grids of learned features need smaller networks.
"""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import weight_norm

from engine.field.field import Field
from engine.field.fusion import COLORED, GREY
from engine.field.grid import sample, voxel_centres, voxel_size

SPHERE = 1.0
"""Radius that the signed distance starts with."""
FREQUENCIES = 6
SHARPNESS = 100.0
"""Of the softplus: almost a rectifier, but with a second derivative."""
COLOR_LAYERS = 2
LEVELS = 4
"""Grids of features, each twice as fine as the one before."""
GRID_CHANNELS = 4
BATCH = 65536
"""Points at a time where no gradients are kept."""


class Waves(nn.Module):
    """A place and the sines and cosines of its coordinates, times 1, 2, 4 ... (Mildenhall et al., "NeRF", 2020)."""

    channels = 3 + 6 * FREQUENCIES

    def forward(self, points: Tensor) -> Tensor:
        """(P, channels), the place first, of `points` (P, 3)."""
        scaled = torch.cat([points * 2.0**k for k in range(FREQUENCIES)], 1)
        return torch.cat([points, scaled.sin(), scaled.cos()], 1)


class FeatureGrids(nn.Module):
    """A place and the learned features of dense grids of several resolutions there."""

    def __init__(self, finest: int) -> None:
        """`finest`: the resolution of the finest grid."""
        super().__init__()
        resolutions = [finest // 2**level for level in reversed(range(LEVELS))]
        self.grids = nn.ParameterList(1e-4 * torch.randn(GRID_CHANNELS, r, r, r) for r in resolutions)
        self.channels = 3 + GRID_CHANNELS * LEVELS

    def forward(self, points: Tensor) -> Tensor:
        """(P, channels), the place first, of `points` (P, 3)."""
        return torch.cat([points, *(sample(grid, points) for grid in self.grids)], 1)


class DistanceNetwork(nn.Module):
    """Signed distance and a feature of `width` numbers; half-way the encoded place comes in again."""

    def __init__(self, encoding: Waves | FeatureGrids, layers: int, width: int) -> None:
        super().__init__()
        self.encoding, self.skip = encoding, layers // 2
        inputs = [encoding.channels, *[width] * layers]
        inputs[self.skip] += encoding.channels if self.skip else 0
        self.layers = nn.ModuleList(
            _started_as_sphere(nn.Linear(count, width), encoding.channels, first=k == 0, skip=0 < k == self.skip)
            for k, count in enumerate(inputs[:-1])
        )
        last = nn.Linear(width, 1 + width)
        nn.init.normal_(last.weight, math.sqrt(math.pi / width), 1e-4)
        nn.init.constant_(last.bias, -SPHERE)
        self.last = weight_norm(last)

    def forward(self, points: Tensor) -> tuple[Tensor, Tensor]:
        """Signed distances (P,), world units, negative inside, and features (P, width) at `points` (P, 3)."""
        encoded = self.encoding(points)
        x = encoded
        for k, layer in enumerate(self.layers):
            if 0 < k == self.skip:
                x = torch.cat([x, encoded], 1) / math.sqrt(2)
            x = F.softplus(layer(x), SHARPNESS)
        x = self.last(x)
        return x[:, 0], x[:, 1:]


class NeuralField(nn.Module):
    """Signed distance, colour, and the scale beta of the Laplace density, all learned."""

    SMALLEST_BETA = 1e-4

    def __init__(self, encoding: Waves | FeatureGrids, layers: int, width: int) -> None:
        super().__init__()
        self.distance = DistanceNetwork(encoding, layers, width)
        sizes = [3 + 3 + width, *[width] * COLOR_LAYERS]
        hidden = [weight_norm(nn.Linear(a, b)) for a, b in pairwise(sizes)]
        blocks = [module for layer in hidden for module in (layer, nn.ReLU())]
        self.color = nn.Sequential(*blocks, nn.Linear(width, 3), nn.Sigmoid())
        self.raw_beta = nn.Parameter(torch.tensor(0.1))

    @property
    def beta(self) -> Tensor:
        """World units."""
        return self.raw_beta.abs() + self.SMALLEST_BETA

    def seen_at(self, points: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Signed distances (P,), their gradients (P, 3), colours (P, 3), 0..1, at `points` (P, 3); differentiable."""
        with torch.enable_grad():
            points = points.detach().requires_grad_()
            distance, feature = self.distance(points)
            (gradient,) = torch.autograd.grad(distance.sum(), points, create_graph=True)
        return distance, gradient, self.color(torch.cat([points, gradient, feature], 1))

    def gradient(self, points: Tensor) -> Tensor:
        """Of the signed distance, (P, 3) at `points` (P, 3); differentiable."""
        points = points.detach().requires_grad_()
        (gradient,) = torch.autograd.grad(self.distance(points)[0].sum(), points, create_graph=True)
        return gradient

    @torch.no_grad()
    def on_voxels(self, resolution: int) -> Field:
        """The field on a grid of `resolution` voxels along an edge, on the CPU; grey far from the surface."""
        device = self.raw_beta.device
        centres = voxel_centres(resolution).reshape(-1, 3)
        distance = torch.cat([self.distance(part.to(device))[0].cpu() for part in centres.split(BATCH)])
        color = torch.full((len(centres), 3), GREY)
        near = distance.abs() < COLORED * voxel_size(resolution)
        if near.any():
            color[near] = torch.cat([self.seen_at(part.to(device))[2].cpu() for part in centres[near].split(BATCH)])
        shape = (resolution, resolution, resolution)
        return Field(distance.reshape(shape), color.T.reshape(3, *shape))


def neural_field(finest: int | None, layers: int, width: int, seed: int) -> NeuralField:
    """A field whose distance network has so many `layers` of this `width`, a sphere so far, on the CPU. Places are
    encoded by grids of features up to the resolution `finest`, or by waves where that is None.
    """
    with torch.random.fork_rng(devices=[]):  # torch's layers draw from the global generator
        torch.manual_seed(seed)
        field = NeuralField(Waves() if finest is None else FeatureGrids(finest), layers, width)
        sphere = SPHERE * F.normalize(torch.randn(1000, 3), dim=1)
    with torch.no_grad():  # the softplus lifts each layer a little
        field.distance.last.bias[0] -= field.distance(sphere)[0].mean()
    return field


def _started_as_sphere(layer: nn.Linear, encoded: int, *, first: bool, skip: bool) -> nn.Module:
    """`layer` such that the network's output grows with the distance from the origin: of the encoded place only the
    place itself counts at first.
    """
    nn.init.normal_(layer.weight, 0.0, math.sqrt(2 / layer.out_features))
    nn.init.zeros_(layer.bias)
    with torch.no_grad():
        if first:
            layer.weight[:, 3:] = 0
        if skip:
            layer.weight[:, layer.in_features - encoded + 3 :] = 0
    return weight_norm(layer)
