# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the result folder (format 1): arrays, pictures and meshes first, `result.json` last."""

from __future__ import annotations

import dataclasses
import math
import platform
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from engine import devices
from engine.jobs import FORMAT, RESULT, RESULT_FILES, JobFolder, Request, digest, replacing, write_json
from engine.mesh.files import save_glb, save_npz
from engine.picture import Picture, save_mask, save_picture
from engine.progress import Progress
from engine.version import version

if TYPE_CHECKING:
    import torch
    from numpy.typing import NDArray

    from engine.dreamtexture.output import DreamTextureOutput

PACKAGES = ("torch", "diffusers", "numpy", "scipy")


def write(
    folder: JobFolder,
    request: Request,
    picture: Picture,
    output: DreamTextureOutput,
    *,
    device: torch.device,
    guidance: str,
    estimator: str,
    progress: Progress,
) -> None:
    """Writes `output` into `folder` and so makes the job complete; an older result is replaced.

    `seconds` and `peak_memory` are those of the process that finished the job, also where it had been resumed.
    """
    path, job = folder.path, request.job
    (path / RESULT).unlink(missing_ok=True)
    _save_array(output.depth, path / "depth.npy")
    _save_array(output.normal, path / "normal.npy")
    _save_array(output.coordinates, path / "uv.npy")
    save_mask(output.mask, path / "mask.png")
    save_picture(picture.texture(request.settings.texture_size), path / "texture.png")
    save_npz(output.mesh, path / "mesh.npz")
    save_glb(output.mesh, path / "texture.png", path / "mesh.glb")
    progress.finish()
    height, width = picture.mask.shape
    result = {
        "format": FORMAT,
        "job": digest(folder.record),
        "method": job.method,
        "picture": {"file": Path(job.picture).name, "width": width, "height": height},
        "crop": picture.crop._asdict(),
        "settings": dataclasses.asdict(request.settings),
        "seed": job.seed,
        "device": str(device),
        "guidance": guidance,
        "estimator": estimator,
        "seconds": {phase: round(seconds, 3) for phase, seconds in progress.seconds.items()},
        "peak_memory": devices.peak_memory(device),
        "quality": {name: _plain(value) for name, value in output.quality.items()},
        "versions": versions(),
        "files": list(RESULT_FILES),
    }
    write_json(path / RESULT, result)
    folder.checkpoint.remove()


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
