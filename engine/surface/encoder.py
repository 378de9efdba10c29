# SPDX-License-Identifier: GPL-3.0-or-later
"""What pictures of the world have taught: EfficientNet-Lite0's features, its batch norms folded into the convolutions.

M. Tan, Q. Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks", 2019, without squeeze and
excitation and with ReLU6, as its authors' Lite variants are. A batch norm whose statistics are fixed is a scale and a
shift: folded, what is left are convolutions with a bias, which is all that running and tuning need.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

STEM = 32
STAGES = (
    (1, 3, 1, 1, 16), (2, 3, 2, 6, 24), (2, 5, 2, 6, 40), (3, 3, 2, 6, 80), (3, 5, 1, 6, 112), (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)  # fmt: skip
"""Repeats, kernel, stride of the first, expansion, output channels."""
LAST_OF_STRIDE = (0, 1, 2, 4, 6)
"""Stages that are the last ones at strides 2, 4, 8, 16, 32."""
CHANNELS = tuple(STAGES[k][-1] for k in LAST_OF_STRIDE)


class Convolution(nn.Conv2d):
    """Same-size convolution, or at half the size with TensorFlow's padding, which the weights were learned with."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1) -> None:
        super().__init__(inputs, outputs, kernel, stride, kernel // 2 if stride == 1 else 0, groups=groups)

    def forward(self, x: Tensor) -> Tensor:
        if self.stride[0] == 2:  # even sizes: one less on the left and the top
            pad = self.kernel_size[0] // 2
            x = F.pad(x, (pad - 1, pad, pad - 1, pad))
        return super().forward(x)


class Block(nn.Module):
    """Inverted bottleneck: wider, depthwise, narrower, round a shortcut where sizes agree."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = inputs * expansion
        self.expand = Convolution(inputs, wide, 1) if expansion > 1 else None
        self.depthwise = Convolution(wide, wide, kernel, stride, wide)
        self.project = Convolution(wide, outputs, 1)
        self.shortcut = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu6(self.expand(x)) if self.expand is not None else x
        with torch.autocast(x.device.type, enabled=False):  # CPUs learn depthwise ones three times slower in bfloat16
            y = self.depthwise(y.float())
        y = self.project(F.relu6(y))
        return x + y if self.shortcut else y


class Encoder(nn.Module):
    """Features at strides 2, 4, 8, 16 and 32 with CHANNELS channels."""

    def __init__(self, inputs: int) -> None:
        """`inputs`: channels; the first three are red, green, blue in -1..1."""
        super().__init__()
        self.stem = Convolution(inputs, STEM, 3, 2)
        self.stages = nn.ModuleList()
        channels = STEM
        for repeats, kernel, stride, expansion, outputs in STAGES:
            blocks = nn.Sequential()
            for k in range(repeats):
                blocks.append(Block(channels, outputs, kernel, stride if k == 0 else 1, expansion))
                channels = outputs
            self.stages.append(blocks)

    def forward(self, x: Tensor) -> list[Tensor]:
        """Features of `x` (B, inputs, N, N), N a multiple of 32, the finest first."""
        x = F.relu6(self.stem(x))
        features = []
        for k, stage in enumerate(self.stages):
            x = stage(x)
            if k in LAST_OF_STRIDE:
                features.append(x)
        return features
