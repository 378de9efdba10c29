# SPDX-License-Identifier: GPL-3.0-or-later
"""Views as checkpoints: every finished one is kept, so that a job that was interrupted goes on after it."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from engine.camera import Camera
from engine.jobs import Checkpoint
from engine.sdf.view import View

IMAGES = ("color", "mask", "depth", "normal")


def save(checkpoint: Checkpoint, views: Sequence[View]) -> None:
    """Replaces the checkpoint by `views`."""
    tensors: dict[str, torch.Tensor] = {}
    for number, view in enumerate(views):
        tensors |= {f"{number}.{name}": getattr(view, name) for name in IMAGES}
        tensors[f"{number}.matrix"] = view.camera.matrix
        tensors[f"{number}.fov"] = torch.tensor(view.camera.fov, dtype=torch.float64)
    checkpoint.save(tensors)


def load(checkpoint: Checkpoint) -> list[View]:
    """The views in the checkpoint; none where there is no checkpoint."""
    tensors = checkpoint.load() or {}
    views = []
    for number in range(sum(name.endswith(".fov") for name in tensors)):
        images = {name: tensors[f"{number}.{name}"] for name in IMAGES}
        camera = Camera(tensors[f"{number}.matrix"], len(images["color"]), float(tensors[f"{number}.fov"]))
        views.append(View(camera, **images))
    return views
