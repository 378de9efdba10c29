# SPDX-License-Identifier: GPL-3.0-or-later
"""Parts of the pipeline that know the truth."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from engine.contract.messages import Message
from engine.field.view import View
from engine.geometry.camera import Camera
from engine.methods.pop3d.cameras import orbit
from engine.methods.pop3d.new_view import NewView
from engine.methods.pop3d.registration import Register
from engine.surface.given import GivenSurface, load_given
from tests.benchmark.orbit.alignment import Fit, align, aligned
from tests.benchmark.orbit.truth import PICTURE_SIZE, Truth, as_estimated

ALIGNMENT_STEPS = 60


class TruePainter:
    """An outpainter that looks the new view up."""

    name = "truth"

    def __init__(self, views: Sequence[View]) -> None:
        self.views = dict(zip(orbit("ring+caps"), views, strict=False))

    def phases(self, number: int) -> list[tuple[Message, float]]:
        """See `Outpainter`."""
        return []

    def paint(self, new: NewView, seed: int) -> tuple[Tensor, Tensor]:
        """See `Outpainter`."""
        return self.views[new.place].color, self.views[new.place].mask


class TrueObserver:
    """An observer that looks the surface up, and errs as a good estimator does."""

    name = "truth"

    def __init__(self, views: Sequence[View]) -> None:
        random = np.random.default_rng(0)
        self.views = [as_estimated(view, random) for view in views]

    def observe(self, color: Tensor, mask: Tensor, camera: Camera) -> View:
        """See `Observer`."""
        return next(view for view in self.views if torch.equal(view.camera.matrix, camera.matrix))


def given(truth: Truth) -> GivenSurface:
    """Depth and normals of the front as an artist has them in files, that err as a good estimator does."""
    front = as_estimated(truth.view(orbit("ring")[0], PICTURE_SIZE), np.random.default_rng(0))
    outside = ~front.mask.numpy()
    depth, normal = front.depth.numpy().copy(), (front.normal @ front.camera.rotation).numpy()
    depth[outside] = normal[outside] = np.nan
    with tempfile.TemporaryDirectory() as folder:
        files = Path(folder, "depth.npy"), Path(folder, "normal.npy")
        for file, image in zip(files, (depth, normal), strict=True):
            np.save(file, image)
        return load_given(*files, np.ones((PICTURE_SIZE, PICTURE_SIZE), np.float32))


def free(generator: torch.Generator) -> Register:
    """A registration that puts all views anew in their places, the first one too: true silhouettes tell them."""

    def register(new: NewView, view: View) -> list[View]:
        views = [*new.earlier, view]
        known = [Fit(float(depth.std()), float(depth.median())) for depth in (v.depth[v.mask] for v in new.earlier)]
        fits = align(views, known, generator, fixed=0, steps=ALIGNMENT_STEPS)
        return [aligned(view, fit) for view, fit in zip(views, fits, strict=True)]

    return register
