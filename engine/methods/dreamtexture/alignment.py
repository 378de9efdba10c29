# SPDX-License-Identifier: GPL-3.0-or-later
"""Stage I: the virtual texture is aligned with the picture by score distillation (paper, section 3.1).

What `standard` does otherwise than the paper, and why:
- it starts from the flattened surface that the monocular estimator sees, instead of the undistorted texture: what is
  known need not be found;
- it optimises displacements in a pyramid, all four partial derivatives free, with a step size for each level: with
  the paper's two diagonal gradients nothing can rotate, and equal step sizes let the fine levels fold the map;
- noise levels go from high to low instead of being drawn evenly: first the whole shape, then its details, which takes
  hundreds of steps instead of a hundred thousand;
- each step averages several noises, so that the coordinates settle instead of trembling;
- a barrier keeps the determinant of the map positive, which the paper's ReLU does only for its diagonal;
- it stops when the coordinates stop moving.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from engine.checkpoint import Checkpoint
from engine.contract.protocol import ALIGNING
from engine.errors import Cancelled
from engine.geometry.image_map import jacobian_determinant
from engine.guidance.base import Blend, Distillation, Guidance
from engine.methods.dreamtexture.coordinates import DisplacementPyramid, GradientPyramid, bending, integrability
from engine.methods.dreamtexture.descriptor import DreamTexture
from engine.methods.dreamtexture.virtual_texture import composite, virtual_texture
from engine.optimizer_state import restore_state, state_tensors
from engine.progress import Progress

SETTLED_STEPS = 10  # as many steps in a row below the patience end the stage


@dataclass
class Alignment:
    """What stage I found."""

    snapshots: list[Tensor]
    """Texture coordinates (1, 2, N, N) in half crops, on the CPU, oldest first; the last is the final state."""
    steps: int
    """Score distillation steps taken."""


class Aligner:
    """The state of stage I: parameters, optimiser and generator, so that it can be saved and taken up again."""

    def __init__(
        self,
        picture: Tensor,
        mask: Tensor,
        start: Tensor,
        guidance: Guidance,
        settings: DreamTexture,
        generator: torch.Generator,
    ) -> None:
        """`picture` (1, 3, N, N), `mask` (1, 1, N, N) and `start` (1, 2, N, N), coordinates known before: the
        displacements are taken from them, and guidance is told; the paper's gradients start from the identity.
        """
        self.picture, self.mask, self.start = picture * mask, mask, start
        self.guidance, self.settings, self.generator = guidance, settings, generator
        if settings.parameterization == "gradient":
            self.parameters: GradientPyramid | DisplacementPyramid = GradientPyramid(picture.shape[-1])
            self.gains = [1.0]
            groups = [{"params": list(self.parameters.levels)}]
            betas = (0.9, 0.999)
        else:
            self.parameters = DisplacementPyramid(start)
            self.gains = self.parameters.gains
            groups = [{"params": [level]} for level in self.parameters.levels]
            betas = (0.8, 0.95)  # short memory: the target moves with the noise level
        self.parameters.to(picture.device)
        self.optimizer = torch.optim.AdamW(groups, lr=settings.learning_rate, betas=betas)
        self.snapshots: list[Tensor] = []
        self.step = self.settled = 0

    @property
    def done(self) -> bool:
        """Whether the last step was taken or the coordinates have come to rest."""
        return self.step >= self.settings.steps or self.settled >= SETTLED_STEPS

    @property
    def progress(self) -> float:
        """Share of the steps that lie behind the coming one, 0..1."""
        return self.step / max(1, self.settings.steps - 1)

    def noise(self) -> float:
        """Noise level of the coming step, as a share of the diffusion's time."""
        low, high = self.settings.noise_low, self.settings.noise_high
        if self.settings.noise_schedule == "uniform":
            return low + (high - low) * float(torch.rand((), generator=self.generator, device=self.generator.device))
        return high + (low - high) * self.progress

    def advance(self) -> None:
        """One step of Eq. 4: score distillation, smoothness and integrability (or bending and barrier)."""
        s = self.settings
        coordinates = self.parameters()
        blend = self.blended(coordinates)
        distillation = Distillation(self.noise(), s.noises, s.guidance_scale, s.weighting)
        loss = self.guidance.loss(blend, distillation, self.generator)
        if isinstance(self.parameters, GradientPyramid):
            v = self.parameters.gradients()
            # means, not sums, throughout: only so are the paper's 10 and 1e4 of comparable effect
            loss = loss + s.gradient_smoothness * v.abs().mean() + s.integrability * integrability(v)
        else:
            inside = (self.mask > 0.5).to(loss)
            loss = loss + s.bending * bending(coordinates - self.start, inside)
            shortfall = F.relu(0.1 - jacobian_determinant(coordinates)) ** 2
            loss = loss + s.barrier * (shortfall * inside[:, 0, 1:, 1:]).sum() / inside.sum()
        self.optimizer.zero_grad()
        loss.backward()
        self._set_step_sizes()
        self.optimizer.step()
        self.step += 1
        with torch.no_grad():
            moved = ((self.parameters() - coordinates).abs() * self.mask).sum() / (2 * self.mask.sum())
        self.settled = self.settled + 1 if float(moved) < s.patience else 0
        every = -(-s.steps // s.snapshots)
        if self.step % every == 0 or self.done:
            self.snapshots.append(self.parameters().detach().cpu())

    def _set_step_sizes(self) -> None:
        """One for each level; with annealed noise they fall to a tenth, since AdamW's don't shrink by themselves."""
        fall = 1 - 0.9 * self.progress if self.settings.noise_schedule == "annealed" else 1.0
        for group, gain in zip(self.optimizer.param_groups, self.gains, strict=True):
            group["lr"] = self.settings.learning_rate * gain * fall

    def blended(self, coordinates: Tensor) -> Blend:
        """What guidance looks at: the picture blended with the texture at `coordinates`."""
        texture = virtual_texture(coordinates, self.settings.texture, self.settings.squares)
        shown = composite(self.picture, self.mask, texture, self.settings.blend)
        return Blend(self.picture, self.mask, self.start, coordinates, shown)

    @torch.no_grad()
    def shown(self) -> NDArray[np.float32]:
        """The object under the texture as it lies now, (N, N, 4) in 0..1 with straight alpha."""
        texture = virtual_texture(self.parameters(), self.settings.texture, self.settings.squares)
        colors = composite(self.picture, torch.ones_like(self.mask), texture, self.settings.blend)
        shown: NDArray[np.float32] = torch.cat([colors, self.mask], 1)[0].permute(1, 2, 0).cpu().numpy()
        return shown

    def state(self) -> dict[str, Tensor]:
        """Everything that decides how it goes on, as tensors."""
        tensors = {f"level.{k}": level.detach() for k, level in enumerate(self.parameters.levels)}
        tensors |= state_tensors(self.optimizer)
        tensors |= {f"snapshot.{k}": snapshot for k, snapshot in enumerate(self.snapshots)}
        tensors["generator"] = self.generator.get_state()
        tensors["counters"] = torch.tensor([self.step, self.settled])
        return tensors

    def restore(self, tensors: dict[str, Tensor]) -> None:
        """Takes up what `state` gave."""
        for k, level in enumerate(self.parameters.levels):
            level.data.copy_(tensors[f"level.{k}"])
        restore_state(self.optimizer, tensors)
        count = sum(name.startswith("snapshot.") for name in tensors)
        self.snapshots = [tensors[f"snapshot.{k}"] for k in range(count)]
        self.generator.set_state(tensors["generator"])
        self.step, self.settled = tensors["counters"].tolist()


def align(aligner: Aligner, progress: Progress, checkpoint: Checkpoint) -> Alignment:
    """Runs stage I to its end from wherever `checkpoint` left it, showing the texture slide into place.

    Raises Cancelled, with the state saved, when the artist cancels.
    """
    saved = checkpoint.load()
    if saved is not None:
        aligner.restore(saved)
    total = aligner.settings.steps
    while not aligner.done:
        try:
            progress.step(ALIGNING, aligner.step, total)
        except Cancelled:
            checkpoint.save(aligner.state())
            raise
        if progress.preview_due:
            progress.preview(aligner.shown())
        aligner.advance()
        if aligner.done or checkpoint.due(time.monotonic()):
            checkpoint.save(aligner.state())
    progress.step(ALIGNING, total, total)
    return Alignment(aligner.snapshots, aligner.step)
