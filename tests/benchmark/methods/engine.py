# SPDX-License-Identifier: GPL-3.0-or-later
"""What the engine's presets make of a subject, in this process, so that the models are loaded once."""

from __future__ import annotations

import functools
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.checkpoint import Checkpoint
from engine.contract.messages import Message
from engine.contract.method import methods
from engine.contract.protocol import ALIGNING
from engine.devices import leave_cores_free
from engine.guidance import load_guidance
from engine.guidance.coordinate import CoordinateGuidance
from engine.methods.dreamtexture.descriptor import DreamTexture
from engine.methods.dreamtexture.draft import DraftPipeline
from engine.methods.dreamtexture.output import DreamTextureOutput
from engine.methods.dreamtexture.pipeline import DreamTexturePipeline
from engine.methods.dreamtexture.virtual_texture import composite, virtual_texture
from engine.picture import picture as pictures
from engine.picture.picture import Picture
from engine.progress import Progress, Report
from engine.surface.embedded import EmbeddedEstimator
from tests.benchmark.measuring.subjects import Estimate, Subject
from tests.benchmark.methods.image_space import ImageSpaceGuidance

IMAGE_SPACE = ",image space"
"""After a preset and its settings: the gradient is that of a residual between pictures."""
WATCHED = (0, 5, 20)  # steps before which the blend of picture and texture is kept

Floats = NDArray[np.floating]


@dataclass(frozen=True)
class Reconstruction:
    """A job's outcome."""

    output: DreamTextureOutput
    estimate: Estimate
    """What it says of the subject's own pixels."""
    shown: list[Floats]
    """The blends (n, n, 3), 0..1, that stage I went through: before WATCHED steps and at the end."""
    seconds: float
    """In all, models and picture being loaded."""
    step_seconds: float
    """Of a step of score distillation."""


class Watched(Progress):
    """Keeps the previews of some steps instead of showing them by the clock."""

    def __init__(self, folder: Path) -> None:
        super().__init__(Nobody(), folder)
        self.shown: list[Floats] = []
        self._wanted = False

    def step(self, phase: Message, step: int, total: int) -> None:
        """As for any progress."""
        super().step(phase, step, total)
        self._wanted = phase == ALIGNING and step in WATCHED

    @property
    def preview_due(self) -> bool:
        """At the watched steps."""
        return self._wanted

    def preview(self, colors: Floats) -> None:
        """Keeps `colors` (n, n, 3 or 4), where they have alpha, on black."""
        self.shown.append(colors[..., :3] * colors[..., 3:] if colors.shape[-1] == 4 else colors)


class Nobody:
    """Nobody looks at the progress."""

    def progress(self, report: Report) -> None:
        """Not shown."""

    def preview(self, file: str) -> None:
        """Not shown."""


def reconstructed(name: str, device: str, subject: Subject) -> Reconstruction:
    """The preset `name`, optionally with settings as in "standard,steps=50" and IMAGE_SPACE, on `subject`."""
    preset, *changes = name.removesuffix(IMAGE_SPACE).split(",")
    settings = methods()["dreamtexture"].resolve(preset, dict(change.split("=", 1) for change in changes))
    picture = pictures.load_picture(subject.file, None, None)
    with tempfile.TemporaryDirectory() as folder:
        progress = Watched(Path(folder))
        guidance, estimator = models(device)
        if name.endswith(IMAGE_SPACE):
            guidance = ImageSpaceGuidance(guidance.model, settings)
        began = time.perf_counter()
        if settings.steps == 0:
            output = DraftPipeline(estimator, settings)(picture, progress=progress)
        else:
            pipeline = DreamTexturePipeline(guidance, estimator, settings, torch.device(device))
            output = pipeline(picture, seed=0, progress=progress, checkpoint=Checkpoint(Path(folder)))
        seconds = time.perf_counter() - began
    steps = output.quality["sds_steps"]
    step_seconds = progress.seconds[ALIGNING.text] / steps if steps else 0.0
    end = _blend(picture, output.coordinates, settings)
    shown = [*progress.shown, *[end] * (len(WATCHED) + 1 - len(progress.shown))]
    return Reconstruction(output, _at(subject, picture, output), shown, seconds, step_seconds)


@functools.cache
def models(device: str) -> tuple[CoordinateGuidance, EmbeddedEstimator]:
    """The embedded ones, loaded once."""
    leave_cores_free()
    target = torch.device(device)
    guidance = load_guidance("embedded", device=target, object_words="")
    assert isinstance(guidance, CoordinateGuidance)
    return guidance, EmbeddedEstimator.load(target)


def _at(subject: Subject, picture: Picture, output: DreamTextureOutput) -> Estimate:
    """The surface at the subject's pixels; the engine's crop is its own, so each is looked up in it."""
    count, crop = len(output.depth), picture.crop
    centres = (np.arange(len(subject.mask)) + 0.5) / len(subject.mask) * subject.crop.size
    rows, columns = (
        np.clip(((centres + own - theirs) / crop.size * count).astype(int), 0, count - 1)
        for own, theirs in ((subject.crop.y, crop.y), (subject.crop.x, crop.x))
    )
    lookup = np.ix_(rows, columns)
    return Estimate(output.depth[lookup].astype(np.float64), output.normal[lookup].astype(np.float64))


def _blend(picture: Picture, coordinates: NDArray[np.float32], settings: DreamTexture) -> Floats:
    rgb, coverage = picture.square(len(coordinates))
    mask, image, w = _tensor(coverage[..., None]), _tensor(rgb), _tensor(coordinates)
    texture = virtual_texture(w, settings.texture, settings.squares)
    return composite(image * mask, mask, texture, settings.blend)[0].permute(1, 2, 0).numpy()


def _tensor(image: NDArray[np.float32]) -> Tensor:
    return torch.from_numpy(image).permute(2, 0, 1)[None]
