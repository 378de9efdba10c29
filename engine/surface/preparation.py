# SPDX-License-Identifier: GPL-3.0-or-later
"""How a model of transformers wants its pictures: each one's own image processor, none of which needs torchvision."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from engine.surface.estimate import Floats

SQUARE = {"Sam2Model"}
"""Models whose own processor needs torchvision; it only scales pictures to a square, as that of ViT does."""


def image_processor(source: str, architecture: str) -> Any:
    """That of the model of this `architecture` in the folder, or with the hub id, `source`; it shows the whole picture,
    and adds no margins that aren't matting's.

    Raises OSError or ValueError where there is none.
    """
    from transformers import AutoImageProcessor, ViTImageProcessorPil

    if architecture in SQUARE:
        return ViTImageProcessorPil.from_pretrained(source, trust_remote_code=False)
    whole = {"do_center_crop": False, "do_pad": architecture.endswith("ForImageMatting")}
    return AutoImageProcessor.from_pretrained(source, backend="pil", trust_remote_code=False, **whole)


def eight_bit(values: Floats) -> NDArray[np.uint8]:
    """`values` 0..1 as image processors take them."""
    return np.round(values * 255).astype(np.uint8)


def prepared(processor: Any, picture: Floats, device: torch.device, **more: NDArray[np.uint8]) -> torch.Tensor:
    """`picture` (H, W, 3), sRGB 0..1, and what goes with it, as a batch (1, C, h, w) on `device`."""
    batch: torch.Tensor = processor(images=eight_bit(picture), return_tensors="pt", **more).pixel_values
    return batch.to(device)
