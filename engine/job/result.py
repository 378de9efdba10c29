# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the result folder (format 1): arrays, pictures and meshes first, `result.json` last."""

from __future__ import annotations

import dataclasses
import math
import platform
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine import devices
from engine.contract.files import replacing, write_json
from engine.contract.messages import Message
from engine.contract.protocol import LOOKING_AROUND
from engine.contract.result_folder import FORMAT, ORBIT, PROMPT_PICTURE, RESULT, TURNTABLE, VIEWS
from engine.contract.version import version
from engine.job.folder import JobFolder, digest
from engine.job.request import Request
from engine.mesh.confidence import at_projected_vertices, at_seen_vertices
from engine.mesh.files import save_glb, save_npz
from engine.mesh.turntable import AZIMUTHS, turntable
from engine.picture.picture import Crop, Floats, Picture, save_mask, save_picture
from engine.progress import Progress

if TYPE_CHECKING:
    import torch

    from engine.field.view import View
    from engine.mesh.mesh import Mesh
    from engine.methods.dreamtexture.output import DreamTextureOutput
    from engine.methods.pop3d.output import POP3DOutput

PACKAGES = ("torch", "diffusers", "numpy", "scipy")


@dataclasses.dataclass(frozen=True)
class Made:
    """How a result was made."""

    device: torch.device
    models: Mapping[str, str]
    """What each model was for, and its name."""
    progress: Progress


def write_dreamtexture(
    folder: JobFolder, request: Request, picture: Picture, output: DreamTextureOutput, made: Made
) -> None:
    """Writes `output` of `picture` into `folder` and so makes the job complete; an older result is replaced."""
    texture = picture.texture(request.settings.texture_size)
    sure = at_projected_vertices(output.mesh, output.confidence)
    around = _seen_around(output.mesh, texture, made.progress)
    with _completing(folder, request, picture, made, picture.crop, output.quality) as files:
        _save_array(output.coordinates, folder.path / "uv.npy")
        files.append("uv.npy")
        files += _save_surface(folder.path, output, texture, output.confidence, sure)
        files += _save_turntable(around, folder.path / TURNTABLE)
    folder.checkpoint.remove()


def write_pop3d(
    folder: JobFolder, request: Request, picture: Picture, output: POP3DOutput, confidence: Floats, made: Made
) -> None:
    """Likewise; `confidence` (N, N) is that in the picture.

    The checkpoint stays, so that single views can be painted again.
    """
    sure = at_seen_vertices(output.mesh, confidence, output.views[0].camera)
    around = _seen_around(output.mesh, output.texture, made.progress)
    with _completing(folder, request, picture, made, output.crop, output.quality) as files:
        files += _save_surface(folder.path, output, output.texture, confidence, sure)
        files += _save_turntable(around, folder.path / TURNTABLE)
        files += _save_views(output.views, folder.path / VIEWS)
    shutil.rmtree(folder.path / ORBIT)


@contextmanager
def _completing(
    folder: JobFolder, request: Request, picture: Picture, made: Made, crop: Crop, quality: Mapping[str, Any]
) -> Iterator[list[str]]:
    """Takes an older `result.json` away, gives a list for the names of the files that are written then, and writes the
    new one. `seconds` and `peak_memory` are those of the process that finished the job, also where it was resumed.
    Raises Cancelled when cancelled before.
    """
    path, job = folder.path, request.job
    files = [PROMPT_PICTURE] if job.prompt else []
    made.progress.step(Message("saving"), 0, 1)
    (path / RESULT).unlink(missing_ok=True)
    yield files
    made.progress.finish()
    height, width = picture.mask.shape
    result = {
        "format": FORMAT,
        "job": digest(folder.record),
        "method": job.method,
        "picture": {"file": Path(job.picture).name, "width": width, "height": height},
        "prompt": job.prompt,
        "object": job.object,
        "crop": crop._asdict(),
        "settings": dataclasses.asdict(request.settings),
        "seed": job.seed,
        "device": str(made.device),
        **made.models,
        "seconds": {phase: round(seconds, 3) for phase, seconds in made.progress.seconds.items()},
        "peak_memory": devices.peak_memory(made.device),
        "quality": {name: _plain(value) for name, value in quality.items()},
        "versions": versions(),
        "files": files,
    }
    write_json(path / RESULT, result)


def _seen_around(mesh: Mesh, texture: Floats, progress: Progress) -> list[Floats]:
    """The turntable's pictures. Raises Cancelled when cancelled."""
    pictures: list[Floats] = []
    for picture in turntable(mesh, texture):
        progress.step(LOOKING_AROUND, len(pictures), len(AZIMUTHS))
        pictures.append(picture)
    return pictures


def _save_surface(
    path: Path, output: DreamTextureOutput | POP3DOutput, texture: Floats, confidence: Floats, sure: Floats
) -> list[str]:
    """Writes what both methods give, with the `confidence` (N, N) in the pixels and (V,) at the vertices (`sure`); the
    files' names.
    """
    _save_array(output.depth, path / "depth.npy")
    _save_array(output.normal, path / "normal.npy")
    _save_array(confidence, path / "confidence.npy")
    save_mask(output.mask, path / "mask.png")
    save_picture(texture, path / "texture.png")
    save_npz(output.mesh, path / "mesh.npz", confidence=sure)
    save_glb(output.mesh, path / "texture.png", path / "mesh.glb")
    return ["depth.npy", "normal.npy", "confidence.npy", "mask.png", "texture.png", "mesh.npz", "mesh.glb"]


def _save_turntable(pictures: Sequence[Floats], path: Path) -> list[str]:
    """Writes `pictures` (H, W, 4) into the folder `path`, in place of those of an earlier result; the files' names."""
    with _replacing_folder(path) as unfinished:
        for number, picture in enumerate(pictures):
            save_picture(picture, unfinished / f"{number:03d}.png")
    return sorted(file.relative_to(path.parent).as_posix() for file in path.glob("*"))


def _save_views(views: Sequence[View], path: Path) -> list[str]:
    """Writes a folder for each of `views` into `path`, in place of those of an earlier result; the files' names."""
    with _replacing_folder(path) as unfinished:
        for number, view in enumerate(views):
            folder = unfinished / f"{number:03d}"
            folder.mkdir()
            save_picture(view.color.numpy(), folder / "color.png")
            save_mask(view.mask.numpy().astype(np.float32), folder / "mask.png")
            _save_array(np.where(view.mask, view.depth, np.nan), folder / "depth.npy")
            write_json(folder / "camera.json", view.camera.record())
    return sorted(file.relative_to(path.parent).as_posix() for file in path.glob("*/*"))


@contextmanager
def _replacing_folder(path: Path) -> Iterator[Path]:
    """Gives the empty folder to write into; afterwards that replaces `path`."""
    unfinished = path.with_name(f".{path.name}.part")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir()
    yield unfinished
    shutil.rmtree(path, ignore_errors=True)
    unfinished.rename(path)


def versions() -> dict[str, str]:
    """The versions of Drape, Python and the packages that the numbers depend on."""
    packages = {package: metadata.version(package) for package in PACKAGES}
    return {"drape": version(), "python": platform.python_version(), **packages}


def _save_array(array: NDArray[Any], path: Path) -> None:
    with replacing(path) as part:
        np.save(part, array.astype(np.float32, copy=False), allow_pickle=False)


def _plain(value: Any) -> Any:
    """`value` as JSON knows it: numpy's numbers as Python's, and null for what is not finite."""
    value = value.item() if isinstance(value, np.generic) else value
    return None if isinstance(value, float) and not math.isfinite(value) else value
