# SPDX-License-Identifier: GPL-3.0-or-later
"""DreamTexture (arXiv 2503.16412): from one picture to its visible surface, in the order of the paper."""

from __future__ import annotations

import time

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.checkpoint import Checkpoint
from engine.contract.messages import Message
from engine.contract.protocol import ALIGNING
from engine.errors import Cancelled
from engine.geometry.conformal_map import flatten_near_identity
from engine.geometry.image_map import continued
from engine.geometry.inflation import inflate
from engine.guidance import Guidance
from engine.methods.dreamtexture.alignment import Aligner, align
from engine.methods.dreamtexture.depth import blurred, smoothness_of, solve_depth
from engine.methods.dreamtexture.depth_adamw import DepthDescent, solve_depth_adamw
from engine.methods.dreamtexture.descriptor import DreamTexture
from engine.methods.dreamtexture.draft import ESTIMATING, MESHING
from engine.methods.dreamtexture.fine import MeshSurface, mesh_surface
from engine.methods.dreamtexture.output import DreamTextureOutput, surface_output
from engine.picture.picture import Picture
from engine.progress import Progress
from engine.surface.estimator import Estimator
from engine.surface.relief import estimate, relief

SOLVING = Message("solving")
NEWS_BLUR = 0.08
"""Half crops: what stage I finds beyond the surface that it started from is blurred as much. Guidance sees the whole
and has no finer details, but a slope of which stage II takes the wrong sign leaves a scar.
"""

Doubles = NDArray[np.float64]


class DreamTexturePipeline:
    """Stage I aligns a virtual texture with the picture, stage II lifts its coordinates to depth.

    Both start from the surface that the `estimator` sees, or from the inflated outline; the paper's variants of them
    do not. `guidance` lies on `device`. Stage I computes there, as does the paper's stage II; the default stage II is
    sparse linear algebra on the CPU.
    """

    def __init__(self, guidance: Guidance, estimator: Estimator, settings: DreamTexture, device: torch.device) -> None:
        self.guidance, self.estimator, self.settings, self.device = guidance, estimator, settings, device

    def __call__(
        self, picture: Picture, *, seed: int, progress: Progress, checkpoint: Checkpoint
    ) -> DreamTextureOutput:
        """Reconstructs `picture`. Goes on from `checkpoint` where there is one; raises Cancelled when cancelled, and
        StageError when a stage finds no solution.
        """
        settings = self.settings
        progress.plan([(ESTIMATING, 1.0), (ALIGNING, 8.0), (SOLVING, 1.5), (MESHING, 0.5)])
        progress.step(ESTIMATING, 0, 1)
        rgb, coverage = picture.square(settings.resolution)
        mask = coverage > 0.5
        look = estimate(picture, self.estimator)
        seen = look.at(mask)
        surface = relief(seen) if settings.start == "surface" else inflate(mask)
        start = continued(flatten_near_identity(surface, mask)).astype(np.float32)

        generator = torch.Generator(self.device).manual_seed(seed)
        aligner = Aligner(
            self._image(rgb), self._image(coverage), self._image(start), self.guidance, settings, generator
        )
        alignment = align(aligner, progress, checkpoint)

        snapshots = [snapshot[0].permute(1, 2, 0).double().numpy() for snapshot in alignment.snapshots]
        depths = self._lift(snapshots, mask, surface, aligner, progress, checkpoint)
        depth, coordinates = min(
            zip(depths, snapshots, strict=True), key=lambda candidate: smoothness_of(candidate[0], mask)
        )

        progress.step(MESHING, 0, 1)
        fine = MeshSurface(depth, coverage)
        if settings.goes_on_from_surface:
            fine = mesh_surface(picture, look, settings.resolution).changed_by(depth - surface)
        return surface_output(coordinates, depth, coverage, seen, fine, settings, sds_steps=alignment.steps)

    def _lift(
        self,
        snapshots: list[Doubles],
        mask: NDArray[np.bool_],
        surface: Doubles,
        aligner: Aligner,
        progress: Progress,
        checkpoint: Checkpoint,
    ) -> list[Doubles]:
        """Stage II: a depth (N, N) in half crops, NaN outside, for each of the coordinates (N, N, 2)."""
        s = self.settings
        total = len(snapshots) * s.depth_steps
        if s.depth_solver == "newton":
            start = surface if s.goes_on_from_surface else None

            def lifted_by_newton(coordinates: Doubles) -> Doubles:
                return solve_depth(
                    coordinates, mask, steps=s.depth_steps, smoothness=s.depth_smoothness, start=start
                ).depth

            depths = []
            for k, coordinates in enumerate(snapshots):
                progress.step(SOLVING, k * s.depth_steps, total)
                depths.append(lifted_by_newton(coordinates))
            if start is not None:  # lifting the start again would cost accuracy: only what has moved since is news
                known = lifted_by_newton(aligner.start[0].permute(1, 2, 0).double().cpu().numpy())
                depths = [surface + blurred(depth - known, NEWS_BLUR) for depth in depths]
            return depths

        saved = checkpoint.load() or {}
        lifted = {name: depth for name, depth in saved.items() if name.startswith("lifted.")}
        for k, coordinates in enumerate(snapshots):
            if f"lifted.{k}" in lifted:
                continue

            def on_step(descent: DepthDescent, done: int = k * s.depth_steps) -> None:
                def save() -> None:
                    state = {f"descent.{name}": value for name, value in descent.state().items()}
                    checkpoint.save({**aligner.state(), **lifted, **state})

                try:
                    progress.step(SOLVING, done + descent.step, total)
                except Cancelled:
                    save()
                    raise
                if checkpoint.due(time.monotonic()):
                    save()

            depth = solve_depth_adamw(
                coordinates,
                mask,
                steps=s.depth_steps,
                learning_rate=s.depth_learning_rate,
                smoothness=s.depth_smoothness,
                device=self.device,
                on_step=on_step,
                state={name[8:]: value for name, value in saved.items() if name.startswith("descent.")} or None,
            )
            saved = {}
            lifted[f"lifted.{k}"] = torch.from_numpy(depth)
        return [lifted[f"lifted.{k}"].numpy() for k in range(len(snapshots))]

    def _image(self, array: NDArray[np.float32]) -> Tensor:
        """An image (N, N) or (N, N, C) as a tensor (1, C, N, N) on the device."""
        tensor = torch.from_numpy(array).to(self.device)
        return tensor[None, None] if tensor.ndim == 2 else tensor.permute(2, 0, 1)[None]
