# SPDX-License-Identifier: GPL-3.0-or-later
"""One job from its request to its result folder; what the command line and the worker both run.

torch is imported late, so that bad input is refused at once.
"""

from __future__ import annotations

import errno
import functools
import logging
import os
import threading
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from engine.contract.files import write_file
from engine.contract.protocol import LOADING, PAINTING, READING, STARTING
from engine.contract.records import ResultRecord, read_record
from engine.contract.result_folder import RESULT
from engine.contract.settings import Job
from engine.errors import Cancelled, InputError
from engine.job.folder import JobFolder, hold
from engine.job.request import Request
from engine.loaded_models import LoadedModels
from engine.picture import picture as pictures
from engine.picture.reading import scale_of
from engine.progress import Listener, Progress
from engine.surface import points

if TYPE_CHECKING:
    import torch

    from engine.picture.picture import Floats, Picture

SHARE_OF_PAINTING = 0.3
"""Of the work on a job, where its picture is made from words."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Outcome:
    """A complete job: where its result lies, what became of it, the seconds it took in all."""

    folder: Path
    verdict: str
    seconds: float
    was_complete: bool


def reconstruct(
    request: Request,
    models: LoadedModels,
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
    picture = None if request.job.prompt else read_picture(request.job, models)
    with hold(request.record(), resume=resume, overwrite=overwrite) as folder:
        if not folder.complete:
            try:
                if picture is None:
                    request = replace(request, job=_painted(request.job, folder, models, progress))
                    picture = read_picture(request.job, models)
                _compute(request, picture, folder, models, progress)
            except (InputError, Cancelled):
                raise
            except Exception:
                logger.debug("The job failed.", exc_info=True)  # below what a front end shows: for the log alone
                raise
        result = read_record(folder.path / RESULT, ResultRecord)
        if result is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(folder.path / RESULT))
        return Outcome(
            folder.path, result["quality"]["verdict"], sum(result.get("seconds", {}).values()), folder.complete
        )


def read_picture(job: Job, models: LoadedModels) -> Picture:
    """The picture of `job` with its object cut out. Raises InputError where one can't be read or there is none."""
    clicks = points.parse(job.points)
    if clicks:
        scale = scale_of(Path(job.picture))
        clicks = tuple(click._replace(x=click.x / scale, y=click.y / scale) for click in clicks)

    def cut_out(rgb: Floats) -> Floats:
        from engine import devices
        from engine.surface.estimator import cutting_out

        return cutting_out(models, job.estimator, devices.choose(job.device), clicks)(rgb)

    return pictures.load_picture(Path(job.picture), Path(job.mask) if job.mask else None, cut_out)


def _painted(job: Job, folder: JobFolder, models: LoadedModels, progress: Progress) -> Job:
    """The `job` with the picture that its prompt describes: made in the folder, unless it had come so far before."""
    from engine import devices
    from engine.picture.text_to_image import load_painter, object_words

    file = folder.checkpoint.picture
    if not (folder.resumed and file.is_file()):
        progress.plan_first(PAINTING, SHARE_OF_PAINTING)
        progress.step(LOADING, 0, 1)
        painter = models.get(load_painter, job.guidance, devices.choose(job.device))
        progress.log(f"Picture: {painter.name}.")
        folder.begin()
        rgb = painter.paint(job.prompt, seed=job.seed, progress=progress)
        write_file(file, pictures.png(rgb))
        progress.preview(rgb)
        models.free(load_painter)  # its room is wanted by what follows
    return replace(job, picture=str(file), object=object_words(job.prompt))


def _compute(request: Request, picture: Picture, folder: JobFolder, models: LoadedModels, progress: Progress) -> None:
    """Runs the job's method and writes what it gives."""
    progress.step(STARTING, 0, 1)
    from engine import devices
    from engine.job.result import write
    from engine.mesh.verdict import judge
    from engine.methods.interface import Task

    device = devices.choose(request.job.device)
    devices.leave_cores_free()
    devices.reset_peak_memory(device)
    progress.step(LOADING, 0, 1)

    @functools.cache
    def object_words() -> str:
        return request.job.object or _named(request.job, picture, models, progress, device)

    def begin(model: str) -> None:
        # Told after the models were loaded, since a refusal should be all that one reads.
        progress.log(f"Computing on {device}: {devices.describe(device)}.")
        folder.start(model)

    if request.job.captioner not in ("auto", "none"):
        object_words()
    run = import_module(f"engine.methods.{request.job.method}.run").run
    task = Task(
        picture, request.job, request.settings, request.views, device, models, progress, folder.checkpoint,
        object_words, begin,
    )  # fmt: skip
    reconstruction = run(task)
    given = replace(picture, crop=reconstruction.crop)
    figures = judge(given, reconstruction.picture_view, reconstruction.mesh, reconstruction.confidence)
    reconstruction.quality |= figures
    if figures["reasons"] and reconstruction.quality["verdict"] == "good":
        reconstruction.quality["verdict"] = "doubtful"
    words = object_words() if object_words.cache_info().currsize else request.job.object
    write(folder, request, picture, reconstruction, words, device, progress)


def _named(job: Job, picture: Picture, models: LoadedModels, progress: Progress, device: torch.device) -> str:
    """Words for the object, where a model was chosen for that, or one is here already; else none."""
    from engine.models import CAPTIONER
    from engine.picture.captioner import load_captioner

    if job.captioner in ("", "none") or (job.captioner == "auto" and not CAPTIONER.location()):
        return ""
    captioner = models.get(load_captioner, job.captioner, device)
    words = captioner.object_words(picture)
    models.free(load_captioner)
    progress.log(f"Object: {words or 'no words for it'}, says {captioner.name}.")
    return words
