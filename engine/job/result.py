# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the result folder (format 1): arrays, pictures and meshes first, `result.json` last."""

from __future__ import annotations

import dataclasses
import math
import platform
import shutil
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine import devices
from engine.contract.files import replacing, replacing_folder, write_json
from engine.contract.messages import Message
from engine.contract.protocol import LOOKING_AROUND
from engine.contract.result_folder import FORMAT, NORMAL_MAP, ORBIT, PROMPT_PICTURE, RESULT, TURNTABLE, VIEWS
from engine.contract.version import version
from engine.job.folder import JobFolder
from engine.job.request import Request, digest
from engine.mesh.files import save_glb, save_npz
from engine.mesh.turntable import AZIMUTHS, turntable
from engine.methods.interface import Reconstruction
from engine.picture.picture import Floats, Picture, save_mask, save_picture
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
    path, job = folder.path, request.job
    around = _seen_around(made.mesh, made.texture, progress)
    progress.step(Message("saving"), 0, 1)
    (path / RESULT).unlink(missing_ok=True)
    files = [PROMPT_PICTURE] if job.prompt else []
    files += _save_surface(path, made)
    files += _save_turntable(around, path / TURNTABLE)
    if made.views:
        files += _save_views(made.views, path / VIEWS)
    progress.finish()
    height, width = picture.mask.shape
    result = {
        "format": FORMAT,
        "job": digest(folder.record),
        "method": job.method,
        "picture": {"file": Path(job.picture).name, "width": width, "height": height},
        "prompt": job.prompt,
        "object": object_words,
        "crop": made.crop._asdict(),
        "settings": dataclasses.asdict(request.settings),
        "seed": job.seed,
        "device": str(device),
        **made.models,
        "seconds": {phase: round(seconds, 3) for phase, seconds in progress.seconds.items()},
        "peak_memory": devices.peak_memory(device),
        "quality": {name: _plain(value) for name, value in made.quality.items()},
        "versions": versions(),
        "files": files,
    }
    write_json(path / RESULT, result)
    shutil.rmtree(path / ORBIT, ignore_errors=True)
    if not request.method.views:
        folder.checkpoint.remove()


def _seen_around(mesh: Mesh, texture: Floats, progress: Progress) -> list[Floats]:
    """The turntable's pictures. Raises Cancelled when cancelled."""
    pictures: list[Floats] = []
    for picture in turntable(mesh, texture):
        progress.step(LOOKING_AROUND, len(pictures), len(AZIMUTHS))
        pictures.append(picture)
    return pictures


def _save_surface(path: Path, made: Reconstruction) -> list[str]:
    """Writes the images and the mesh of `made`; the files' names."""
    arrays = {"depth.npy": made.depth, "normal.npy": made.normal, "confidence.npy": made.confidence}
    if made.coordinates is not None:
        arrays["uv.npy"] = made.coordinates
    for name, array in arrays.items():
        _save_array(array, path / name)
    save_mask(made.mask, path / "mask.png")
    save_picture(made.texture, path / "texture.png")
    save_npz(made.mesh, path / "mesh.npz", confidence=made.vertex_confidence)
    normal_map = None
    if made.normal_map is not None:
        normal_map = path / NORMAL_MAP
        save_picture(made.normal_map, normal_map)
    save_glb(made.mesh, path / "texture.png", path / "mesh.glb", normal_map)
    return [*arrays, "mask.png", "texture.png", *([NORMAL_MAP] if normal_map else []), "mesh.npz", "mesh.glb"]


def _save_turntable(pictures: Sequence[Floats], path: Path) -> list[str]:
    """Writes `pictures` (H, W, 4) into the folder `path`, in place of those of an earlier result; the files' names."""
    with replacing_folder(path) as unfinished:
        for number, picture in enumerate(pictures):
            save_picture(picture, unfinished / f"{number:03d}.png")
    return sorted(file.relative_to(path.parent).as_posix() for file in path.glob("*"))


def _save_views(views: Sequence[View], path: Path) -> list[str]:
    """Writes a folder for each of `views` into `path`, in place of those of an earlier result; the files' names."""
    with replacing_folder(path) as unfinished:
        for number, view in enumerate(views):
            folder = unfinished / f"{number:03d}"
            folder.mkdir()
            save_picture(view.color.numpy(), folder / "color.png")
            save_mask(view.mask.numpy().astype(np.float32), folder / "mask.png")
            _save_array(np.where(view.mask, view.depth, np.nan), folder / "depth.npy")
            write_json(folder / "camera.json", view.camera.record())
    return sorted(file.relative_to(path.parent).as_posix() for file in path.glob("*/*"))


def versions() -> dict[str, str]:
    """The versions of Drape, Python and the packages that the numbers depend on."""
    packages = {package: metadata.version(package) for package in PACKAGES}
    return {"drape": version(), "python": platform.python_version(), **packages}


def _save_array(array: NDArray[Any], path: Path) -> None:
    with replacing(path) as part:
        np.save(part, array.astype(np.float32, copy=False), allow_pickle=False)


def _plain(value: Any) -> Any:
    """`value` as JSON knows it: numpy's numbers as Python's, and null for what is not finite."""
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    value = value.item() if isinstance(value, np.generic) else value
    return None if isinstance(value, float) and not math.isfinite(value) else value
