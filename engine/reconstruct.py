# SPDX-License-Identifier: GPL-3.0-or-later
"""One job from its picture to its result folder; what the command line and the worker both run.

torch is imported late, so that bad input is refused at once.
"""

from __future__ import annotations

import gc
import logging
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from engine import picture as pictures
from engine.errors import Cancelled, InputError
from engine.jobs import RESULT, JobFolder, Request, hold, read_json
from engine.progress import Listener, Progress

if TYPE_CHECKING:
    import torch

    from engine.guidance import Guidance

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Outcome:
    """A complete job: where its result lies, what became of it, the seconds it took in all."""

    folder: Path
    verdict: str
    seconds: float
    was_complete: bool


class Models:
    """The model of the last job, kept loaded for the next one."""

    def __init__(self) -> None:
        self._key: tuple[str, torch.device, str] | None = None
        self._guidance: Guidance | None = None

    def guidance(self, choice: str, device: torch.device, object_words: str) -> Guidance:
        """The guidance for `choice`, loaded unless the last job had the very same one.

        Raises InputError when there is no such model.
        """
        from engine.guidance import load

        key = (choice, device, object_words)
        if self._guidance is None or key != self._key:
            self.unload()
            self._guidance, self._key = load(choice, device=device, object_words=object_words), key
        return self._guidance

    def unload(self) -> None:
        """Frees the model's memory."""
        if self._guidance is None:
            return
        import torch

        self._guidance = None
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
    progress.step("Reading the picture", 0, 1)
    picture = pictures.load(Path(request.job.picture), Path(request.job.mask) if request.job.mask else None)
    with hold(request.record(), resume=resume, overwrite=overwrite) as folder:
        if not folder.complete:
            try:
                _compute(request, picture, folder, models, progress)
            except (InputError, Cancelled):
                raise
            except Exception:
                logger.debug("The job failed.", exc_info=True)  # below what a front end shows: for the log alone
                raise
        result = read_json(folder.path / RESULT) or {}
        return Outcome(folder.path, result["quality"]["verdict"], sum(result["seconds"].values()), folder.complete)


def _compute(
    request: Request, picture: pictures.Picture, folder: JobFolder, models: Models, progress: Progress
) -> None:
    progress.step("Starting PyTorch", 0, 1)
    from engine import devices
    from engine.dreamtexture.pipeline import DreamTexturePipeline
    from engine.result import write

    job = request.job
    device = devices.choose(job.device)
    devices.leave_cores_free()
    devices.reset_peak_memory(device)
    progress.step("Loading the model", 0, 1)
    guidance = models.guidance(job.guidance, device, job.object)
    progress.log(f"Computing on {device}: {devices.describe(device)}.")
    progress.log(f"Guidance: {guidance.name}, {guidance.reason}.")
    folder.start(guidance.name)
    pipeline = DreamTexturePipeline(guidance, request.settings, device)
    output = pipeline(picture, seed=job.seed, progress=progress, checkpoint=folder.checkpoint)
    progress.step("Saving", 0, 1)
    write(folder, request, picture, output, device=device, guidance=guidance.name, progress=progress)
