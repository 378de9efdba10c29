# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs of All Round with its real parts, on small grids."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from trimesh import Trimesh

from engine.geometry.camera import Camera
from engine.job.reconstruct import Outcome, reconstruct
from engine.job.request import Request
from engine.loaded_models import LoadedModels
from tests.engine.watcher import Watcher

SETTINGS = {
    "view_size": "64", "volume": "32", "view_steps": "2", "last_steps": "2", "rays": "256", "faces": "2000",
    "texture_size": "64",
}  # fmt: skip
LAST = ("Looking around", "Saving")
"""Phases of any job."""
FILES = (
    *("depth.npy", "normal.npy", "confidence.npy", "mask.png", "texture.png", "mesh.npz", "mesh.glb"),
    *(f"turntable/{number:03d}.png" for number in range(24)),
)


def run(
    models: LoadedModels,
    picture: Path,
    output: Path,
    watcher: Watcher | None = None,
    *,
    resume: bool = False,
    orbit: dict[str, Any] | None = None,
    settings: dict[str, str] = SETTINGS,
    **more: str,
) -> Outcome:
    """The job of `picture` in the folder `output`, with what is asked of single views, and `more` fields of the job."""
    watcher = watcher or Watcher()
    values = {"picture": str(picture), "output": str(output), "method": "pop3d", "device": "cpu", "seed": "3"}
    request = Request.check({**values, **more}, settings, orbit)
    return reconstruct(request, models, watcher, cancel=watcher.cancel, resume=resume)


def result_bytes(folder: Path) -> dict[str, bytes]:
    """What the result consists of, but for its report, by the files' names."""
    files = [*folder.glob("*.np?"), *folder.glob("m*.png"), *folder.glob("*.glb"), *folder.glob("views/*/*")]
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in files}


def solid_in(folder: Path) -> Trimesh:
    """The mesh of the result in `folder`, as it is."""
    with np.load(folder / "mesh.npz") as arrays:
        return Trimesh(arrays["vertices"], arrays["faces"], process=False)


def camera_in(view: Path) -> Camera:
    """The camera of the view in this folder."""
    record = json.loads((view / "camera.json").read_text())
    return Camera(torch.tensor(record["matrix"]), record["width"], record["fov"])
