# SPDX-License-Identifier: GPL-3.0-or-later
"""Other people's models of mask, depth and normals, from a folder or the hub: of transformers, or Marigold's pipelines.

Nothing here needs torchvision: pictures are prepared by the models' own image processors, on the CPU.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from engine.contract.records import found_record
from engine.errors import InputError
from engine.pipelines import hush, load_pipeline
from engine.surface import segmenters
from engine.surface.estimate import Floats
from engine.surface.preparation import image_processor, prepared

DEPTH, NORMAL, SEGMENTER = "depth", "normal", "segmenter"
SEGMENTERS = {
    "Sam2Model": segmenters.Sam2,
    "VitMatteForImageMatting": segmenters.VitMatte,
}


class DepthModel(Protocol):
    """What sees depth."""

    inverse: bool
    """Whether it sees the inverse of the distance from the camera."""

    def height(self, picture: Floats) -> Floats:
        """Growing towards the camera, up to scale and shift: the depth (N, N) in `picture` (N, N, 3), sRGB 0..1, or the
        inverse distance.
        """


class NormalModel(Protocol):
    """What sees normals."""

    def normals(self, picture: Floats) -> Floats:
        """The normals (N, N, 3), unit, x right, up to the signs of y and z, of `picture` (N, N, 3), sRGB 0..1."""


class TransformersDepth:
    """A depth model of transformers, such as ZoeDepth or Depth Anything: MiDaS' family sees inverse distances, the
    others distances.
    """

    def __init__(self, model: Any, processor: Any) -> None:
        self.model, self.processor = model, processor
        kind = getattr(model.config, "depth_estimation_type", "relative" if model.config.model_type == "dpt" else "")
        self.inverse = kind == "relative"

    @torch.no_grad()
    def height(self, picture: Floats) -> Floats:
        """See `DepthModel`."""
        found: Tensor = self.model(pixel_values=prepared(self.processor, picture, self.model.device)).predicted_depth
        whole = F.interpolate(found[:, None].float(), size=picture.shape[:2], mode="bilinear", align_corners=False)
        return np.asarray((whole if self.inverse else -whole)[0, 0].cpu())


class Marigold:
    """A pipeline of diffusers for depth or normals (Ke et al., "Repurposing diffusion-based image generators for
    monocular depth estimation", 2024), always with the same noise.
    """

    inverse = False

    def __init__(self, pipeline: Any) -> None:
        self.pipeline = pipeline

    def height(self, picture: Floats) -> Floats:
        """See `DepthModel`."""
        return -self._seen(picture)[..., 0]

    def normals(self, picture: Floats) -> Floats:
        """See `NormalModel`."""
        return self._seen(picture)

    def _seen(self, picture: Floats) -> Floats:
        image = torch.from_numpy(picture).permute(2, 0, 1)[None]
        prediction = self.pipeline(image, generator=torch.Generator().manual_seed(0)).prediction
        return np.asarray(prediction[0], np.float32)


def is_embedded(folder: Path) -> bool:
    """Whether `folder` is there, and holds nothing of transformers or diffusers."""
    if not folder.is_dir() or (folder / "model_index.json").exists():
        return False
    return "model_type" not in (found_record(folder / "config.json", dict) or {})


def load_model(source: str, device: torch.device) -> tuple[str, Any]:
    """What the model in the folder, or with the hub id, `source` sees, DEPTH, NORMAL or SEGMENTER, and the model.

    Raises InputError where there is none of these.
    """
    hush()
    if _is_pipeline(source):
        return _load_marigold(source, device)
    from transformers import AutoConfig

    try:
        config = AutoConfig.from_pretrained(source, trust_remote_code=False)
        architecture = str((config.architectures or ["nothing"])[0])
        kind = _kind(architecture)
        if not kind:
            raise InputError("estimator-sees-nothing", source=source, kind=architecture)
        import transformers

        model = getattr(transformers, architecture).from_pretrained(
            source, dtype=torch.float32, use_safetensors=True, trust_remote_code=False
        )
        processor = image_processor(source, architecture)
    except (InputError, MemoryError):
        raise
    except Exception as error:  # there is little that transformers doesn't raise on folders of others
        cause = str(error).strip().partition("\n")[0][:200]
        raise InputError("estimator-unusable", source=source, cause=cause) from error
    model = model.eval().requires_grad_(False).to(device)
    if kind == DEPTH:
        return kind, TransformersDepth(model, processor)
    return kind, SEGMENTERS.get(architecture, segmenters.Semantic)(model, processor)


def _kind(architecture: str) -> str:
    if architecture.endswith("ForDepthEstimation"):
        return DEPTH
    if architecture in SEGMENTERS or architecture.endswith("ForSemanticSegmentation"):
        return SEGMENTER
    return ""


def _load_marigold(source: str, device: torch.device) -> tuple[str, Marigold]:
    pipeline = load_pipeline(source, device)
    from diffusers import MarigoldDepthPipeline, MarigoldNormalsPipeline

    if not isinstance(pipeline, MarigoldDepthPipeline | MarigoldNormalsPipeline):
        raise InputError("estimator-no-marigold", source=source, kind=type(pipeline).__name__)
    kind = DEPTH if isinstance(pipeline, MarigoldDepthPipeline) else NORMAL
    return kind, Marigold(pipeline.to(device))


def _is_pipeline(source: str) -> bool:
    """Whether `source` names a pipeline of diffusers. Raises InputError where nothing can be there."""
    folder = Path(source)
    if folder.exists():
        return (folder / "model_index.json").exists()
    if "/" not in source or folder.is_absolute() or source.startswith((".", "~")):
        raise InputError("estimator-folder-missing", source=source)
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import EntryNotFoundError, HfHubHTTPError, LocalEntryNotFoundError

    try:
        hf_hub_download(source, "model_index.json")
    except LocalEntryNotFoundError as error:
        raise InputError("estimator-offline", source=source) from error
    except EntryNotFoundError:
        return False
    except (HfHubHTTPError, OSError, ValueError) as error:
        cause = str(error).strip().partition("\n")[0][:200]
        raise InputError("estimator-unfetched", source=source, cause=cause) from error
    return True
