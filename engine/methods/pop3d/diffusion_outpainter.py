# SPDX-License-Identifier: GPL-3.0-or-later
"""Outpainting by a diffusion model that has learned the object from the views so far (POP3D, section 4)."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from engine.checkpoint import Checkpoint
from engine.contract.messages import Message
from engine.field.view import View
from engine.geometry.camera import Camera
from engine.methods.pop3d.adapters import learning
from engine.methods.pop3d.descriptor import POP3D
from engine.methods.pop3d.dreambooth import DreamBooth, Lesson
from engine.methods.pop3d.inpainting import InpaintingModel, Sampling
from engine.methods.pop3d.new_view import NewView
from engine.picture.picture import CutOut
from engine.progress import Progress

PROMPT = "A photo of {subject} in a white background, seen from {side}"
KIND = "object"
"""What the object is where the artist doesn't say it."""
STEP = 0.1
"""Share of the work of a training or denoising step, as the pipeline counts it."""
PRIOR = Message("painting-others")


class DiffusionOutpainter:
    """Paints several candidates of each new view, starting from what the field shows, and takes the best.

    Before each view the model learns the object anew from all views so far, the input picture among them: so a view
    depends on those before it alone, and nothing that the model took from views painted over is left in it.
    """

    def __init__(
        self,
        model: InpaintingModel,
        object_words: str,
        settings: POP3D,
        cut_out: CutOut,
        progress: Progress,
        checkpoint: Checkpoint,
    ) -> None:
        """`cut_out` says what of a painted picture is object; a view's personalisation is kept in `checkpoint`."""
        self.model, self.settings, self.cut_out = model, settings, cut_out
        self.kind = object_words or KIND
        self.progress, self.checkpoint = progress, checkpoint
        self.name = model.name
        self.sampling = Sampling(settings.denoising_steps, settings.strength, settings.guidance_scale)

    def phases(self, number: int) -> list[tuple[Message, float]]:
        """See `Outpainter`."""
        settings = self.settings
        painting = settings.candidates * self.sampling.steps_made
        steps = [(_learning(number), settings.personalization_steps), (_painting(number), painting)]
        return [(phase, STEP * count) for phase, count in steps if count]

    def paint(self, new: NewView, seed: int) -> tuple[Tensor, Tensor]:
        """See `Outpainter`."""
        number, size = len(new.earlier), new.camera.size
        seed = _mixed(seed, number)
        start = torch.where(new.hole[..., None], new.render(), new.color)
        picture, hole = enlarged(start, self.model.size), _whole(new.hole, self.model.size)
        with self._personalised(new.earlier, seed) as subject:
            prompt = PROMPT.format(subject=subject, side=side_of(new.camera))
            painted = self._painted(_painting(number), [prompt] * self.settings.candidates, picture, hole, seed)
        self.checkpoint.remove()
        candidates = []
        for one in painted:
            color = F.interpolate(one[None], size=(size, size), mode="bilinear", antialias=True)[0].permute(1, 2, 0)
            candidates.append((color, torch.from_numpy(self.cut_out(color.contiguous().numpy()) > 0.5)))
        color, found = min(candidates, key=lambda candidate: disagreement(candidate[0], candidate[1], new))
        mask = new.known | new.inside | (new.hole & found)
        color = torch.where(new.known[..., None], new.color, color)
        return torch.where(mask[..., None], color, 1.0), mask

    @contextmanager
    def _personalised(self, views: Sequence[View], seed: int) -> Iterator[str]:
        """Gives the words that stand for the object of `views`, which the model knows meanwhile."""
        settings, model = self.settings, self.model
        if not settings.personalization_steps:
            yield self.kind
            return
        prior = self._prior
        with learning(model, settings.personalization, self.kind, torch.Generator().manual_seed(seed)) as learner:
            subject = f"{learner.token} {self.kind}"
            lessons = [
                Lesson(enlarged(view.color, model.size)[0], PROMPT.format(subject=subject, side=side_of(view.camera)))
                for view in views
            ]
            run = DreamBooth(model, learner, lessons, prior, settings.personalization_rate, seed)
            self._learn(run, _learning(len(views)))
            yield subject

    def _learn(self, run: DreamBooth, phase: Message) -> None:
        """Finishes the `run`. Adapters are small enough to be saved on the way, a whole network isn't."""
        steps, keeps = self.settings.personalization_steps, self.settings.personalization == "lora"
        if keeps and (saved := self.checkpoint.load()) is not None:
            run.restore(saved)
        while run.steps_done < steps:
            if keeps and (self.progress.cancelled or self.checkpoint.due(time.monotonic())):
                self.checkpoint.save(run.state())
            self.progress.step(phase, run.steps_done, steps)
            run.step()
        if keeps:
            self.checkpoint.save(run.state())

    @cached_property
    def _prior(self) -> list[Lesson]:
        """Pictures of any object of the kind, by the model as it is; of any job with these settings the same."""
        size = self.model.size
        white, everywhere = torch.ones(1, 3, size, size), torch.ones(1, 1, size, size)
        sides = ("front", "left", "right", "behind")
        prompts = [
            PROMPT.format(subject=self.kind, side=sides[k % len(sides)]) for k in range(self.settings.prior_images)
        ]
        painted = self._painted(PRIOR, prompts, white, everywhere, 0)
        return [Lesson(picture, prompt) for picture, prompt in zip(painted, prompts, strict=True)]

    def _painted(
        self, phase: Message, prompts: Sequence[str], picture: Tensor, hole: Tensor, seed: int
    ) -> list[Tensor]:
        """A picture (3, S, S) for each of the `prompts`, the `hole` of `picture` filled."""
        steps, done = len(prompts) * self.sampling.steps_made, 0

        def on_step() -> None:
            nonlocal done
            done += 1
            self.progress.step(phase, done, steps)

        if prompts:
            self.progress.step(phase, 0, steps)
        return [
            self.model.paint(picture, hole, prompt, self.sampling, _mixed(seed, k), on_step)[0]
            for k, prompt in enumerate(prompts)
        ]


def disagreement(color: Tensor, found: Tensor, new: NewView) -> float:
    """How badly a candidate `color` (N, N, 3), its object `found` (N, N) bool in it, fits what is known of the view:
    the mean difference of its colours where they are known, and the share of its outline that lies where no object
    can be or leaves out what is object for sure. Both matter alike; the paper doesn't say how one chooses.
    """
    sure = new.known | new.inside
    wrong = (found & ~(new.hole | sure)) | (sure & ~found)
    outline = wrong.sum() / (found | sure).sum().clamp(min=1)
    colors = (color - new.color)[new.known].abs().sum() / (3 * new.known.sum()).clamp(min=1)
    return float(outline + colors)


def side_of(camera: Camera) -> str:
    """Where `camera` sees the object from, in the paper's words (and above, below); halfway it is a side."""
    x, y, z = camera.eye.tolist()
    sides = {"right": 1.01 * x, "left": -1.01 * x, "front": -y, "behind": y, "above": z, "below": -z}
    return max(sides, key=lambda side: sides[side])


def enlarged(picture: Tensor, size: int) -> Tensor:
    """`picture` (N, N, 3) as (1, 3, size, size), 0..1."""
    planes = picture.permute(2, 0, 1)[None]
    return F.interpolate(planes, size=(size, size), mode="bilinear", antialias=True).clamp(0, 1)


def _whole(mask: Tensor, size: int) -> Tensor:
    """`mask` (N, N) bool as (1, 1, size, size), 0 or 1."""
    return F.interpolate(mask[None, None].float(), size=(size, size), mode="nearest-exact")


def _mixed(*numbers: int) -> int:
    """A seed that is another one for all other `numbers`."""
    return int(np.random.SeedSequence(numbers).generate_state(1)[0])


def _learning(number: int) -> Message:
    return Message("learning", {"number": number + 1})


def _painting(number: int) -> Message:
    return Message("painting", {"number": number + 1})
