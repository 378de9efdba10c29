# SPDX-License-Identifier: GPL-3.0-or-later
"""The one table of weights: what each model is for, where it comes from, under which licence, how large it is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

WEIGHTS = Path(__file__).parent / "weights"


@dataclass(frozen=True)
class Model:
    """Weights that the engine knows by name."""

    name: str
    purpose: str
    source: str
    """A hub id, or a folder within the engine."""
    licence: str
    megabytes: int
    """Download, or size on disk for what is shipped."""
    device_gigabytes: float
    """Free device memory that it needs to run; 0 for what runs anywhere."""
    index: str = "model_index.json"
    """The file by which its download is known to be there."""

    @property
    def shipped(self) -> bool:
        """Whether it comes with the engine."""
        return self.source.startswith("weights/")

    def location(self) -> Path | None:
        """Folder of the weights on this machine, or None where they have not been downloaded."""
        if self.shipped:
            return WEIGHTS.parent / self.source
        from huggingface_hub import try_to_load_from_cache

        index = try_to_load_from_cache(self.source, self.index)
        return Path(index).parent if isinstance(index, str) else None


ESTIMATOR = Model("estimator", "mask, depth and normals of a picture", "weights/monocular", "CC0-1.0", 12, 0.0)
EMBEDDED = Model("embedded", "guidance of stage I", "weights/alignment", "CC0-1.0", 6, 0.0)
OUTPAINTER = Model("outpainter", "new views of All Round", "weights/outpainter", "CC0-1.0", 8, 0.0)
# The model of the paper. Its first home on the hub is gone; this is the copy that the community keeps.
STABLE_DIFFUSION = Model(
    "stable-diffusion", "guidance of stage I, pictures from words", "stable-diffusion-v1-5/stable-diffusion-v1-5",
    "CreativeML OpenRAIL-M", 3400, 6.0,
)  # fmt: skip
CAPTIONER = Model(
    "captioner", "words for the object", "Salesforce/blip-image-captioning-large", "BSD-3-Clause", 1900, 0.0,
    "config.json",
)  # fmt: skip
STABLE_DIFFUSION_INPAINTING = Model(
    "stable-diffusion-inpainting", "new views of All Round", "stable-diffusion-v1-5/stable-diffusion-inpainting",
    "CreativeML OpenRAIL-M", 4300, 8.0,
)  # fmt: skip
DEPTH_ANYTHING = Model(
    "depth-anything", "depth of a picture", "depth-anything/Depth-Anything-V2-Small-hf", "Apache-2.0", 99, 0.0,
    "config.json",
)  # fmt: skip
MODELS = (EMBEDDED, ESTIMATOR, OUTPAINTER, STABLE_DIFFUSION, STABLE_DIFFUSION_INPAINTING, DEPTH_ANYTHING, CAPTIONER)


def source_of(choice: str) -> str:
    """The hub id of the model that is called `choice` in the table, else `choice` itself: a hub id or a folder."""
    return next((model.source for model in MODELS if model.name == choice and not model.shipped), choice)
