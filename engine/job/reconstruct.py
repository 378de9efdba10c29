# SPDX-License-Identifier: GPL-3.0-or-later
"""One job from its picture to its result folder; what the command line and the worker both run.

torch is imported late, so that bad input is refused at once.
"""

from __future__ import annotations

import gc
import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.contract.files import read_json
from engine.contract.protocol import LOADING, PAINTING, READING, STARTING
from engine.contract.result_folder import PROMPT_PICTURE, RESULT
from engine.contract.settings import POP3D, DreamTexture, Job
from engine.errors import Cancelled, InputError
from engine.job.folder import JobFolder, hold
from engine.job.request import Request
from engine.picture import picture as pictures
from engine.progress import Listener, Progress
from engine.surface import points
from engine.surface.points import Point

if TYPE_CHECKING:
    import torch

    from engine.guidance import Guidance
    from engine.methods.pop3d.inpainting import InpaintingModel
    from engine.methods.pop3d.outpaint import EmbeddedOutpainter
    from engine.picture.captioner import Captioner
    from engine.picture.picture import Floats
    from engine.picture.text_to_image import TextToImage
    from engine.surface.estimator import Estimator

SHARE_OF_PAINTING = 0.3
"""Of the work on a job, where its picture is made from words."""
NO_GUIDANCE = "none"
"""What a result made without score distillation names as its guidance."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Outcome:
    """A complete job: where its result lies, what became of it, the seconds it took in all."""

    folder: Path
    verdict: str
    seconds: float
    was_complete: bool


class Models:
    """The models of the last job, kept loaded for the next one."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[tuple[Any, ...], Any]] = {}

    def guidance(self, choice: str, device: torch.device, object_words: str) -> Guidance:
        """The guidance for `choice`, loaded unless the last job had the very same one.

        Raises InputError when there is no such model.
        """
        from engine.guidance import load_guidance

        key = (choice, device, object_words)
        return self._last("guidance", key, lambda: load_guidance(choice, device=device, object_words=object_words))

    def estimator(self, choice: str, device: torch.device) -> Estimator:
        """The estimator for `choice`, likewise."""
        from engine.surface.estimator import load_estimator

        return self._last("estimator", (choice, device), lambda: load_estimator(choice, device))

    def outpainter(self, choice: str, device: torch.device) -> EmbeddedOutpainter | InpaintingModel:
        """The outpainter for `choice`, likewise."""
        from engine.methods.pop3d.outpaint import load_outpainter

        return self._last("outpainter", (choice, device), lambda: load_outpainter(choice, device))

    def painter(self, choice: str, device: torch.device) -> TextToImage:
        """The model that makes pictures from words where the guidance is `choice`, likewise."""
        from engine.picture.text_to_image import load_painter

        return self._last("painter", (choice, device), lambda: load_painter(choice, device))

    def captioner(self, choice: str, device: torch.device) -> Captioner:
        """The model that names objects for `choice`, likewise."""
        from engine.picture.captioner import load_captioner

        return self._last("captioner", (choice, device), lambda: load_captioner(choice, device))

    def cut_out(self, rgb: Floats, choice: str, device: str, points: Sequence[Point] = ()) -> Floats:
        """The coverage (H, W) 0..1 of the object in `rgb` (H, W, 3), sRGB 0..1, by the estimator for `choice`, which
        may be told `points` on and off it.

        Raises InputError where there is no such estimator or device.
        """
        from engine import devices

        devices.leave_cores_free()
        estimator = self.estimator(choice, devices.choose(device))
        return estimator.cut_out(np.round(rgb * 255).astype(np.uint8), points)

    def unload(self) -> None:
        """Frees the models' memory."""
        if self._kept:
            self.free(*self._kept)

    def _last(self, kind: str, key: tuple[Any, ...], load: Callable[[], Any]) -> Any:
        """The model of this kind with this key, loaded unless it was the last one; that is freed first."""
        if kind in self._kept and self._kept[kind][0] != key:
            self.free(kind)
        if kind not in self._kept:
            self._kept[kind] = key, load()
        return self._kept[kind][1]

    def free(self, *kinds: str) -> None:
        """Frees the memory of the models of these kinds, such as "guidance", which are loaded."""
        import torch

        for kind in kinds:
            del self._kept[kind]
        gc.collect()
        torch.cuda.empty_cache()


def reconstruct(
    request: Request,
    models: Models,
    listener: Listener,
    *,
    resume: bool = False,
    overwrite: bool = False,
    cancel: threading.Event | None = None,
) -> Outcome:
    """Does the job in its folder; returns at once when `resume` finds it complete.

    Raises InputError for input that can't be used (no result or checkpoint is touched then), Cancelled once `cancel`
    is set (the job can be resumed), and whatever a stage raises, its traceback in the job's log.
    """
    progress = Progress(listener, Path(request.job.output), cancel)
    progress.step(READING, 0, 1)
    picture = None if request.job.prompt else _read(request.job, models)
    with hold(request.record(), resume=resume, overwrite=overwrite) as folder:
        if not folder.complete:
            try:
                if picture is None:
                    request = replace(request, job=_painted(request.job, folder, models, progress))
                    picture = _read(request.job, models)
                _compute(request, picture, folder, models, progress)
            except (InputError, Cancelled):
                raise
            except Exception:
                logger.debug("The job failed.", exc_info=True)  # below what a front end shows: for the log alone
                raise
        result = read_json(folder.path / RESULT) or {}
        return Outcome(folder.path, result["quality"]["verdict"], sum(result["seconds"].values()), folder.complete)


def _read(job: Job, models: Models) -> pictures.Picture:
    clicks = points.parse(job.points)
    cut_out = partial(models.cut_out, choice=job.estimator, device=job.device, points=clicks)
    return pictures.load_picture(Path(job.picture), Path(job.mask) if job.mask else None, cut_out)


def _painted(job: Job, folder: JobFolder, models: Models, progress: Progress) -> Job:
    """The `job` with the picture that its prompt describes: made in the folder, unless it had come so far before."""
    from engine import devices
    from engine.picture.text_to_image import object_words

    file = folder.path / PROMPT_PICTURE
    if not (folder.resumed and file.is_file()):
        progress.plan_first(PAINTING, SHARE_OF_PAINTING)
        progress.step(LOADING, 0, 1)
        painter = models.painter(job.guidance, devices.choose(job.device))
        progress.log(f"Picture: {painter.name}.")
        folder.begin()
        rgb = painter.paint(job.prompt, seed=job.seed, progress=progress)
        pictures.save_picture(rgb, file)
        progress.preview(rgb)
        models.free("painter")  # its room is wanted by what follows
    return replace(job, picture=str(file), object=object_words(job.prompt))


def _compute(
    request: Request, picture: pictures.Picture, folder: JobFolder, models: Models, progress: Progress
) -> None:
    progress.step(STARTING, 0, 1)
    from engine import devices

    device = devices.choose(request.job.device)
    devices.leave_cores_free()
    devices.reset_peak_memory(device)
    progress.step(LOADING, 0, 1)
    if not request.job.object:
        request = replace(request, job=_named(request, picture, models, progress, device))
    compute = _all_round if isinstance(request.settings, POP3D) else _front
    compute(request, picture, folder, models, progress, device)


def _named(
    request: Request, picture: pictures.Picture, models: Models, progress: Progress, device: torch.device
) -> Job:
    """The job with words for its object, where a model was chosen for that, or one is here and the words are wanted."""
    from engine.models import CAPTIONER

    job = request.job
    if job.captioner == "auto" and not (_takes_words(request, device) and CAPTIONER.location()):
        return job
    if job.captioner in ("", "none"):
        return job
    captioner = models.captioner(job.captioner, device)
    words = captioner.object_words(picture)
    models.free("captioner")
    progress.log(f"Object: {words or 'no words for it'}, says {captioner.name}.")
    return replace(job, object=words)


def _takes_words(request: Request, device: torch.device) -> bool:
    """Whether a model of the job is told what the object is."""
    if isinstance(request.settings, POP3D):
        return request.job.outpainter != "embedded"
    if not request.settings.steps:
        return False
    from engine.guidance.choice import takes_words  # takes a second, which a draft can do without

    return takes_words(request.job.guidance, device)


def _tell_device(device: torch.device, progress: Progress) -> None:
    """Logs where the models lie; after they were loaded, since a refusal should be all that one reads."""
    from engine import devices

    progress.log(f"Computing on {device}: {devices.describe(device)}.")


def _front(
    request: Request,
    picture: pictures.Picture,
    folder: JobFolder,
    models: Models,
    progress: Progress,
    device: torch.device,
) -> None:
    from engine.job.result import Made, write_dreamtexture
    from engine.methods.dreamtexture.draft import DraftPipeline

    job = request.job
    assert isinstance(request.settings, DreamTexture)
    estimator = models.estimator(job.estimator, device)
    guidance = models.guidance(job.guidance, device, job.object) if request.settings.steps else None
    _tell_device(device, progress)
    if guidance is None:
        name = NO_GUIDANCE
        folder.start(name)
        output = DraftPipeline(estimator, request.settings)(picture, progress=progress)
    else:
        name = guidance.name
        progress.log(f"Guidance: {name}, {guidance.reason}.")
        folder.start(name)
        from engine.methods.dreamtexture.pipeline import (
            DreamTexturePipeline,  # takes a second, which a draft can do without
        )

        pipeline = DreamTexturePipeline(guidance, estimator, request.settings, device)
        output = pipeline(picture, seed=job.seed, progress=progress, checkpoint=folder.checkpoint)
    made = Made(device, {"guidance": name, "estimator": estimator.name}, progress)
    write_dreamtexture(folder, request, picture, output, made)


def _all_round(
    request: Request,
    picture: pictures.Picture,
    folder: JobFolder,
    models: Models,
    progress: Progress,
    device: torch.device,
) -> None:
    from engine.job.result import Made, write_pop3d
    from engine.mesh.confidence import confidence_of
    from engine.methods.pop3d import requested_views
    from engine.methods.pop3d.cameras import orbit
    from engine.methods.pop3d.diffusion_outpainter import DiffusionOutpainter
    from engine.methods.pop3d.first_view import framed, on_white
    from engine.methods.pop3d.inpainting import InpaintingModel
    from engine.methods.pop3d.observation import EstimatingObserver, SeenObserver
    from engine.methods.pop3d.outpaint import Outpainter
    from engine.methods.pop3d.pipeline import POP3DPipeline
    from engine.methods.pop3d.registration import anchored
    from engine.surface import given

    job = request.job
    assert isinstance(request.settings, POP3D)
    depth, normal = (Path(name) if name else None for name in (job.depth, job.normal))
    height, width = picture.mask.shape
    known = given.load_given(depth, normal, width, height)
    picture = framed(picture)
    request.orbit.fit(len(orbit(request.settings.views)))
    cut_out = partial(models.cut_out, choice=job.estimator, device=job.device)
    wishes = requested_views.prepared(request.orbit, folder.record["views_sha256"], request.settings.view_size, cut_out)
    estimator, painter = models.estimator(job.estimator, device), models.outpainter(job.outpainter, device)
    outpainter: Outpainter
    if isinstance(painter, InpaintingModel):
        learned = folder.checkpoint.of_part("personalization")
        outpainter = DiffusionOutpainter(painter, job.object, request.settings, cut_out, progress, learned)
    else:
        outpainter = painter
    _tell_device(device, progress)
    folder.start(outpainter.name)
    color, mask = on_white(picture, request.settings.view_size)
    seen = known.over(estimator.surface(color.numpy(), mask.numpy()), picture.crop)
    observer, first = EstimatingObserver(estimator), SeenObserver(seen, estimator.name)
    pipeline = POP3DPipeline(outpainter, observer, anchored, request.settings, device, first)
    output = pipeline(picture, seed=job.seed, progress=progress, checkpoint=folder.checkpoint, requested=wishes)
    names = {"guidance": NO_GUIDANCE, "estimator": observer.name, "outpainter": outpainter.name}
    write_pop3d(folder, request, picture, output, confidence_of(seen), Made(device, names, progress))
