# SPDX-License-Identifier: GPL-3.0-or-later
"""How a model of transformers wants its pictures, as the configuration of its image processor says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor

from engine.surface.estimate import Floats


@dataclass(frozen=True)
class Preparation:
    """Pictures at `size` x `size` pixels (None: as they are), colours with this mean and deviation."""

    size: int | None
    mean: tuple[float, ...]
    deviation: tuple[float, ...]

    @classmethod
    def of(cls, source: str) -> Preparation:
        """That of the model in the folder, or with the hub id, `source`. Raises OSError where it has none."""
        from transformers import ImageProcessingMixin

        config, _ = ImageProcessingMixin.get_image_processor_dict(source)
        half = (0.5, 0.5, 0.5)
        size = _side(config.get("size")) if config.get("do_resize", True) else None
        return cls(size, tuple(config.get("image_mean") or half), tuple(config.get("image_std") or half))

    def __call__(self, picture: Floats) -> Tensor:
        """`picture` (H, W, 3), sRGB 0..1, as a batch (1, 3, size, size)."""
        if self.size is not None:
            shrinks = self.size < min(picture.shape[:2])
            picture = cv2.resize(
                picture, (self.size, self.size), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
            )
        mean, deviation = (np.array(values, np.float32) for values in (self.mean, self.deviation))
        prepared = (picture - mean) / deviation
        return torch.from_numpy(np.ascontiguousarray(prepared.transpose(2, 0, 1)))[None]


def _side(size: Any) -> int | None:
    """The longest side in what an image processor's configuration calls its size."""
    values = size.values() if isinstance(size, dict) else [size] if size else []
    return max((int(value) for value in values), default=None)
