# SPDX-License-Identifier: GPL-3.0-or-later
"""The embedded estimator's network: from a picture to mask, normals with their uncertainty, and depth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engine.patch_unet import PATCH, PatchUNet, silence

INPUTS, OUTPUTS = 12, 8


@dataclass
class Prediction:
    """What the network says of a batch of pictures, tensors (B, C, N, N)."""

    mask: Tensor
    """(B, 1, N, N) logit of being object."""
    normal: Tensor
    """(B, 3, N, N) unit; x right, y up, z towards the camera."""
    concentration: Tensor
    """(B, 1, N, N) how sure the normal is: kappa of the angular distribution, see `training.monocular`."""
    depth: Tensor
    """(B, 1, N, N) towards the camera, units of half the crop's side, up to a constant."""


class Residual(nn.Module):
    """Two 3 x 3 convolutions round a shortcut."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(8, channels)
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)
        silence(self.second)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.second(F.relu(self.first(self.norm(x))))


class MonocularUNet(PatchUNet):
    """One network for cutting out and for the surface.

    It works on two kinds of input: a picture whose mask is known (the background blacked out, the height of the
    inflated silhouette told, so that it knows at least as much as the outline tells), or one with its background. It
    learns the surface from the former at `surface_size`, to cut out from the latter at `sample_size`.
    """

    def __init__(self, sample_size: int, surface_size: int, channels: Sequence[int], blocks: Sequence[int]) -> None:
        super().__init__(INPUTS, channels, blocks, Residual)
        self.sample_size, self.surface_size = sample_size, surface_size
        hidden = 3 * channels[0]
        self.detail = nn.Conv2d(channels[0] + INPUTS * PATCH**2, hidden, 1)
        self.head = nn.Conv2d(hidden, OUTPUTS * PATCH**2, 1)
        silence(self.head)

    def forward(self, picture: Tensor, mask: Tensor, known: Tensor, bulge: Tensor) -> Prediction:
        """`picture` (B, 3, N, N) in 0..1; `mask` (B, 1, N, N) in 0..1 and `bulge` (B, 1, N, N), the height of the
        inflated silhouette in half crops, count only where `known` (B,) is 1; N a multiple of 32.
        """
        told = known[:, None, None, None]
        shown = torch.lerp(torch.ones_like(mask), mask, told)
        flag = told.expand_as(mask)
        outline = told * balloon_normals(bulge)
        with torch.autocast(picture.device.type, enabled=False):  # half precision is too coarse to solve with
            light = told * fitted_light(picture, mask, outline)
        inputs = torch.cat([(picture * 2 - 1) * shown, mask * told, flag, bulge * told * 2, outline[:, :2], light], 1)
        patches = F.pixel_unshuffle(inputs, PATCH).contiguous(memory_format=torch.channels_last)
        x = self.trunk(patches)
        x = self.head(F.silu(self.detail(torch.cat([x, patches], 1))))
        out = F.pixel_shuffle(x.float(), PATCH)
        # The outline's own guess is the starting point; the network corrects it, and says where to leave it.
        logit, normal, sure, depth, trust_normal, trust_depth = out.split((1, 3, 1, 1, 1, 1), 1)
        facing = out.new_tensor([0.0, 0.0, 0.3])[:, None, None]
        normal = unit(normal + torch.sigmoid(trust_normal + 2) * outline + facing)
        depth = depth + told * torch.sigmoid(trust_depth + 2) * bulge
        return Prediction(logit, normal, F.softplus(sure + 2) + 0.1, depth)


def balloon_normals(bulge: Tensor) -> Tensor:
    """Unit normals (B, 3, N, N) of the heights (B, 1, N, N), by central differences."""
    padded = F.pad(bulge, (1, 1, 1, 1), mode="replicate")
    half = bulge.shape[-1] / 4
    right = (padded[..., 1:-1, 2:] - padded[..., 1:-1, :-2]) * half
    up = (padded[..., :-2, 1:-1] - padded[..., 2:, 1:-1]) * half
    return unit(torch.cat([-right, -up, torch.ones_like(bulge)], 1))


def fitted_light(picture: Tensor, mask: Tensor, normal: Tensor) -> Tensor:
    """What shading tells beyond the outline, (B, 4, N, N): the light that explains the grey values of `picture`
    (B, 3, N, N) best if `normal` (B, 3, N, N) is the surface, and what it leaves unexplained; 0 outside `mask`.

    Grey = a + b . normal is solved for a and b over the mask, by least squares. The first channel is the residual in
    standard deviations of the grey values, the others b, in a third of them. To find out by itself that these belong
    together would take the network many more examples: with them a tenth of the error went within the same minute.
    """
    grey = picture.mean(1, keepdim=True) * mask
    count = mask.sum((1, 2, 3), keepdim=True).clamp_min(1)
    terms = torch.cat([normal, torch.ones_like(grey)], 1) * mask
    area = count[:, :, 0]
    products = torch.einsum("bihw,bjhw->bij", terms, terms) / area + 1e-3 * torch.eye(4, device=mask.device)
    against = torch.einsum("bihw,bhw->bi", terms, grey[:, 0]) / area[:, 0]
    solution = torch.linalg.solve(products, against)[:, :, None, None]
    residual = grey - (terms * solution).sum(1, keepdim=True)
    mean = grey.sum((1, 2, 3), keepdim=True) / count
    spread = ((grey - mean * mask) ** 2).sum((1, 2, 3), keepdim=True).div(count).sqrt() + 0.02
    return torch.cat([residual / spread, (solution[:, :3] / spread / 3) * mask], 1)


def unit(vectors: Tensor) -> Tensor:
    """`vectors` (B, 3, N, N) at unit length; on CPUs far faster than torch's norm across a strided dimension."""
    return vectors * torch.rsqrt((vectors**2).sum(1, keepdim=True) + 1e-12)
