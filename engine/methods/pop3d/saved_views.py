# SPDX-License-Identifier: GPL-3.0-or-later
"""Views as checkpoints: every finished one is kept, so that a job that was interrupted goes on after it, and one in
which a view is to be painted again goes on before that.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from engine.checkpoint import Checkpoint
from engine.contract.files import write_file, write_json
from engine.field.view import View
from engine.geometry.camera import Camera
from engine.picture.picture import png

IMAGES = ("color", "mask", "depth", "normal")


def save(checkpoint: Checkpoint, views: Sequence[View], recipes: Sequence[str]) -> None:
    """Replaces the checkpoint by `views`, which were made from the first of `recipes`; the last one's picture is shown
    beside it.
    """
    tensors: dict[str, torch.Tensor] = {}
    for number, view in enumerate(views):
        tensors |= {f"{number}.{name}": getattr(view, name) for name in IMAGES}
        tensors[f"{number}.matrix"] = view.camera.matrix
        tensors[f"{number}.fov"] = torch.tensor(view.camera.fov, dtype=torch.float64)
        tensors[f"{number}.recipe"] = torch.tensor(list(recipes[number].encode()), dtype=torch.uint8)
    checkpoint.save(tensors)
    _show(checkpoint, len(views) - 1, views[-1])


def load(checkpoint: Checkpoint, recipes: Sequence[str]) -> list[View]:
    """The views in the checkpoint as far as they were made from `recipes`; none where there is no checkpoint.

    Only their pictures are left beside it.
    """
    tensors = checkpoint.load() or {}
    views: list[View] = []
    for number, recipe in enumerate(recipes):
        made_from = tensors.get(f"{number}.recipe")
        if made_from is None or bytes(made_from.tolist()).decode() != recipe:
            break
        images = {name: tensors[f"{number}.{name}"] for name in IMAGES}
        camera = Camera(tensors[f"{number}.matrix"], len(images["color"]), float(tensors[f"{number}.fov"]))
        views.append(View(camera, **images))
    names = [f"{number:03d}" for number in range(len(views))]
    for number, name in enumerate(names):
        if name not in checkpoint.shown():
            _show(checkpoint, number, views[number])
    for name in checkpoint.shown() - set(names):
        checkpoint.hide(name)
    return views


def _show(checkpoint: Checkpoint, number: int, view: View) -> None:
    """Shows picture, mask and camera of `view`."""
    with checkpoint.showing(f"{number:03d}") as folder:
        write_file(folder / "color.png", png(view.color.numpy()), durable=False)
        write_file(folder / "mask.png", png(view.mask.numpy().astype(np.float32)), durable=False)
        write_json(folder / "camera.json", view.camera.record())
