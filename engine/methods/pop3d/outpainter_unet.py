# SPDX-License-Identifier: GPL-3.0-or-later
"""The embedded outpainter's network: completes a new view of the orbit from the views before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engine.patch_unet import PATCH, PatchUNet, silence

REFERENCES = 3
SOURCES = 2 * REFERENCES + 1
"""What the network copies from: the references, the same mirrored, the new view itself where it is known."""
INPUTS = 4 * SOURCES + 1
OUTPUTS = 5


@dataclass
class Completion:
    """What the network says of a batch of new views, tensors (B, C, N, N); only what lies in the hole counts."""

    color: Tensor
    """(B, 3, N, N) colour of the object, about 0..1."""
    mask: Tensor
    """(B, 1, N, N) logit of being object: the hole may ask for more than there is."""

    def on_white(self) -> Tensor:
        """The object on white (B, 3, N, N), with soft edges where the mask is unsure."""
        return torch.lerp(torch.ones_like(self.color), self.color, torch.sigmoid(self.mask))

    def pasted(self, shown: Tensor, seen: Tensor, hull: Tensor) -> tuple[Tensor, Tensor]:
        """The new view's picture on white (B, 3, N, N) and its mask (B, 1, N, N) in 0..1: what was `seen` stays as
        it is `shown`, nothing is outside the `hull`, the rest is the network's.
        """
        hole = hull * (1 - seen)
        known = torch.lerp(torch.ones_like(shown), shown, seen)
        picture = torch.lerp(known, self.on_white().clamp(0, 1), hole)
        return picture, torch.lerp(seen, torch.sigmoid(self.mask), hole)


class Residual(nn.Module):
    """Two 3 x 3 convolutions round a shortcut, without a norm, which would cost as much as they do."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)
        silence(self.second)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.second(F.relu(self.first(F.relu(x))))


class OutpainterUNet(PatchUNet):
    """Says which pixels are object and where to fetch their colour from.

    Each pixel's colour is a blend of copies from the references, from the mirrored references (most things are
    symmetric, and the outline from behind is the mirrored outline) and from the known part of the new view, each
    moved by a smooth flow, and of a colour of the network's own: copies keep their sharpness.
    """

    def __init__(self, sample_size: int, channels: Sequence[int], blocks: Sequence[int]) -> None:
        super().__init__(INPUTS, channels, blocks, Residual)
        self.sample_size = sample_size
        self.direction = nn.ModuleList(nn.Linear(4, c) for c in channels)
        self.detail = nn.Conv2d(channels[0] + INPUTS * PATCH**2, 2 * channels[0], 1)
        self.head = nn.Conv2d(2 * channels[0], OUTPUTS * PATCH**2, 1)
        self.fetch = nn.Conv2d(channels[0], SOURCES * 3, 1)
        for parameter in (*self.head.parameters(), *self.fetch.parameters()):
            nn.init.normal_(parameter, std=1e-3)

    def forward(
        self, shown: Tensor, seen: Tensor, hull: Tensor, references: Tensor, yaw: Tensor, taste: Tensor | None = None
    ) -> Completion:
        """`shown` (B, 3, N, N) in 0..1: the new view, of which only what is `seen` (B, 1, N, N) counts; `hull`
        (B, 1, N, N): where object may be. `references` (B, 3, 4, N, N) in 0..1: colours on black and masks of the
        input picture, of the last view but one and of the last (of the input picture where there are no more).
        `yaw` (B,): radians from the input picture's camera, to its right. `taste` (B, SOURCES, N, N): what to add to
        the logits of the sources. N a multiple of 16.
        """
        known = torch.cat([shown * seen, seen], 1)
        sources = torch.cat([references, references.flip(-1), known[:, None]], 1)
        inputs = torch.cat([sources.flatten(1, 2), hull * (1 - seen)], 1)
        patches = F.pixel_unshuffle(inputs, PATCH).contiguous(memory_format=torch.channels_last)
        direction = torch.stack([yaw.sin(), yaw.cos(), (2 * yaw).sin(), (2 * yaw).cos()], 1)
        x = self.trunk(patches, [linear(direction)[:, :, None, None] for linear in self.direction])
        own = self.head(F.relu(self.detail(torch.cat([x, patches], 1))))
        own = F.pixel_shuffle(own, PATCH).float()
        fetch = F.interpolate(self.fetch(x).float(), scale_factor=PATCH, mode="bilinear")
        flow, choice = fetch.split([2 * SOURCES, SOURCES], 1)
        if taste is not None:
            choice = choice + taste
        color = blend(fetched(sources, flow), choice, own[:, :3] + 0.5, own[:, 3:4])
        return Completion(color, own[:, 4:])


def fetched(sources: Tensor, flow: Tensor) -> Tensor:
    """Copies (B, S, 4, N, N) of `sources` (B, S, 4, N, N): each pixel from where its `flow` (B, 2 S, N, N) points to,
    x right and y down in half pictures from itself.
    """
    b, s, c, n, _ = sources.shape
    centres = (torch.arange(n, device=flow.device) + 0.5) / n * 2 - 1
    here = torch.stack(torch.meshgrid(centres, centres, indexing="xy"), -1)
    grid = here + flow.reshape(b * s, 2, n, n).permute(0, 2, 3, 1)
    return F.grid_sample(sources.reshape(b * s, c, n, n), grid, align_corners=False).reshape(b, s, c, n, n)


def blend(copies: Tensor, choice: Tensor, own: Tensor, own_choice: Tensor) -> Tensor:
    """Colours (B, 3, N, N): the mean of the copies (B, S, 4, N, N), colour on black and mask, and of the network's
    own colour (B, 3, N, N), weighted by the softmax of `choice` (B, S, N, N) with `own_choice` (B, 1, N, N) and by
    the copies' masks.
    """
    weights = torch.softmax(torch.cat([choice, own_choice], 1), 1)
    total = (weights[:, :-1, None] * copies).sum(1)
    return (total[:, :3] + weights[:, -1:] * own) / (total[:, 3:] + weights[:, -1:])
