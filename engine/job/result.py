# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the result folder (format 1), as a whole and in place of an older one."""

from __future__ import annotations

import dataclasses
import io
import json
import math
import platform
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine import devices
from engine.contract.files import remove_folder
from engine.contract.messages import Message
from engine.contract.protocol import LOOKING_AROUND
from engine.contract.result_folder import FORMAT, NORMAL_MAP, ORBIT, PROMPT_PICTURE, TURNTABLE, VIEWS
from engine.contract.version import version
from engine.job.folder import JobFolder
from engine.job.replacement import NewResult
from engine.job.request import Request, digest
from engine.mesh.files import glb, npz
from engine.mesh.turntable import ALL_ROUND, AZIMUTHS, turntable
from engine.methods.interface import Reconstruction
from engine.picture.picture import Floats, Picture, png
from engine.progress import Progress

if TYPE_CHECKING:
    import torch

    from engine.field.view import View
    from engine.mesh.mesh import Mesh

PACKAGES = ("torch", "diffusers", "numpy", "scipy")


def write(
    folder: JobFolder,
    request: Request,
    picture: Picture,
    made: Reconstruction,
    object_words: str,
    device: torch.device,
    progress: Progress,
) -> None:
    """Writes what was `made` of `picture` into `folder` and so makes the job complete; an older result is replaced.

    `seconds` and `peak_memory` are those of the process that finished the job, also where it was resumed. Where single
    views can be asked for again, the checkpoint stays. Raises Cancelled when cancelled.
    """
    job = request.job
    azimuths = ALL_ROUND if request.method.closed else AZIMUTHS
    around = _seen_around(made.mesh, made.texture, azimuths, progress)
    progress.step(Message("saving"), 0, 1)
    with NewResult(folder.path, folder.kept) as new:
        if job.prompt:
            new.add(PROMPT_PICTURE, Path(job.picture).read_bytes())
        _add_surface(new, made)
        for number, view_around in enumerate(around):
            new.add(f"{TURNTABLE}/{number:03d}.png", png(view_around))
        for number, view in enumerate(made.views):
            _add_view(new, f"{VIEWS}/{number:03d}", view)
        progress.finish()
        new.commit(_record(folder, request, picture, made, object_words, device, progress))
    remove_folder(folder.path / ORBIT)
    if not request.method.views:
        folder.checkpoint.remove()


def _record(
    folder: JobFolder,
    request: Request,
    picture: Picture,
    made: Reconstruction,
    object_words: str,
    device: torch.device,
    progress: Progress,
) -> dict[str, Any]:
    """What `result.json` tells, but for the files."""
    job = request.job
    height, width = picture.mask.shape
    file = PROMPT_PICTURE if job.prompt else Path(job.picture).name
    return {
        "format": FORMAT,
        "job": digest(folder.record),
        "method": job.method,
        "picture": {"file": file, "width": picture.scale * width, "height": picture.scale * height},
        "prompt": job.prompt,
        "object": object_words,
        "crop": {name: picture.scale * pixels for name, pixels in made.crop._asdict().items()},
        "settings": dataclasses.asdict(request.settings),
        "seed": job.seed,
        "device": str(device),
        **made.models,
        "seconds": {phase: round(seconds, 3) for phase, seconds in progress.seconds.items()},
        "peak_memory": devices.peak_memory(device),
        "quality": {name: _plain(value) for name, value in made.quality.items()},
        "versions": versions(),
    }


def _seen_around(mesh: Mesh, texture: Floats, azimuths: Sequence[float], progress: Progress) -> list[Floats]:
    """The turntable's pictures. Raises Cancelled when cancelled."""
    pictures: list[Floats] = []
    for picture in turntable(mesh, texture, azimuths):
        progress.step(LOOKING_AROUND, len(pictures), len(azimuths))
        pictures.append(picture)
    return pictures


def _add_surface(new: NewResult, made: Reconstruction) -> None:
    """The images and the mesh of `made`."""
    arrays = {"depth.npy": made.depth, "normal.npy": made.normal, "confidence.npy": made.confidence}
    if made.coordinates is not None:
        arrays["uv.npy"] = made.coordinates
    for name, array in arrays.items():
        new.add(name, _npy(array))
    texture = png(made.texture)
    new.add("mask.png", png(made.mask))
    new.add("texture.png", texture)
    new.add("mesh.npz", npz(made.mesh, confidence=made.vertex_confidence))
    normal_map = None if made.normal_map is None else png(made.normal_map)
    if normal_map is not None:
        new.add(NORMAL_MAP, normal_map)
    new.add("mesh.glb", glb(made.mesh, texture, normal_map))


def _add_view(new: NewResult, folder: str, view: View) -> None:
    """The files of `view`."""
    new.add(f"{folder}/color.png", png(view.color.numpy()))
    new.add(f"{folder}/mask.png", png(view.mask.numpy().astype(np.float32)))
    new.add(f"{folder}/depth.npy", _npy(np.where(view.mask, view.depth, np.nan)))
    new.add(f"{folder}/camera.json", json.dumps(view.camera.record(), indent=2).encode())


def versions() -> dict[str, str]:
    """The versions of Drape, Python and the packages that the numbers depend on."""
    packages = {package: metadata.version(package) for package in PACKAGES}
    return {"drape": version(), "python": platform.python_version(), **packages}


def _npy(array: NDArray[Any]) -> bytes:
    file = io.BytesIO()
    np.save(file, array.astype(np.float32, copy=False), allow_pickle=False)
    return file.getvalue()


def _plain(value: Any) -> Any:
    """`value` as JSON knows it: numpy's numbers as Python's, and null for what is not finite."""
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    value = value.item() if isinstance(value, np.generic) else value
    return None if isinstance(value, float) and not math.isfinite(value) else value
