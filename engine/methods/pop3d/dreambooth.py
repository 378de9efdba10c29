# SPDX-License-Identifier: GPL-3.0-or-later
"""Personalisation: an inpainting model learns an object from a few pictures of it (POP3D, section 4).

DreamBooth (Ruiz et al., "DreamBooth: fine tuning text-to-image diffusion models for subject-driven generation", 2023)
on a model that fills holes: each step hides a random part of a picture. The paper doesn't say how long, how fast or
on which holes it trains; rectangles and ellipses of any size, AdamW and its settings are those in common use.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from engine.methods.pop3d.adapters import Learner
from engine.methods.pop3d.inpainting import InpaintingModel
from engine.optimizer_state import restore_state, state_tensors

DECAY = 1e-2
MAX_GRADIENT = 1.0
PRIOR_WEIGHT = 1.0


@dataclass(frozen=True)
class Lesson:
    """A picture and the text that it is an example of."""

    picture: Tensor
    """(3, S, S) in 0..1, of the model's size."""
    prompt: str


class DreamBooth:
    """A run of AdamW on what `learner` gives; can be saved and resumed between steps."""

    def __init__(
        self,
        model: InpaintingModel,
        learner: Learner,
        lessons: Sequence[Lesson],
        prior: Sequence[Lesson],
        rate: float,
        seed: int,
    ) -> None:
        """`prior`: pictures of other objects of this kind, one of which each step repeats beside one of the `lessons`
        so that the kind isn't forgotten; may be empty.
        """
        from diffusers import DDPMScheduler

        self.model, self.learner = model, learner
        self.steps_done = 0
        self._subjects = [lessons, prior] if prior else [lessons]
        self._generator = torch.Generator().manual_seed(seed)
        self._noises = DDPMScheduler.from_config(model.pipeline.scheduler.config)
        self._parameters = [*learner.parameters.values()]
        word, network = [*learner.word.values()], [*learner.network.values()]
        groups: list[dict[str, Any]] = [{"params": word, "weight_decay": 0.0}, {"params": network}]
        self._optimizer = torch.optim.AdamW(groups, lr=rate, weight_decay=DECAY)
        texts = "\n".join(f"{rate} {seed} {lesson.prompt}" for lessons in self._subjects for lesson in lessons)
        pictures = b"".join(lesson.picture.numpy().tobytes() for lessons in self._subjects for lesson in lessons)
        digest = hashlib.sha256(texts.encode() + pictures).digest()
        self._identity = torch.frombuffer(bytearray(digest), dtype=torch.uint8)

    def step(self) -> float:
        """One step; its loss."""
        drawn = [lessons[self._integer(len(lessons))] for lessons in self._subjects]
        weights = (1.0, PRIOR_WEIGHT)
        with self.model.precision():
            losses = [self._loss(lesson) * weight for lesson, weight in zip(drawn, weights, strict=False)]
        loss = torch.stack(losses).sum()
        self._optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self._parameters, MAX_GRADIENT)
        self._optimizer.step()
        self.steps_done += 1
        return float(loss.detach())

    def state(self) -> dict[str, Tensor]:
        """All that decides how the run goes on, as named tensors."""
        return {
            **{f"parameter.{name}": parameter.detach() for name, parameter in self.learner.parameters.items()},
            **state_tensors(self._optimizer),
            "generator": self._generator.get_state(),
            "steps_done": torch.tensor(self.steps_done),
            "identity": self._identity,
        }

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Takes up what `state` gave, if that was a run with the same lessons, rate and seed."""
        if not torch.equal(state["identity"], self._identity):
            return
        with torch.no_grad():
            for name, parameter in self.learner.parameters.items():
                parameter.copy_(state[f"parameter.{name}"])
        restore_state(self._optimizer, state)
        self._generator.set_state(state["generator"])
        self.steps_done = int(state["steps_done"])

    def _loss(self, lesson: Lesson) -> Tensor:
        """Mean squared error of what the UNet says of the picture of `lesson`, noised and with a hole in it."""
        model, noises = self.model, self._noises
        picture = lesson.picture[None]
        hole = random_hole(model.size, self._generator)
        clean, seen = model.latents(torch.cat([picture, hidden(picture, hole)])).split(1)
        noise = torch.randn(clean.shape, generator=self._generator).to(model.device)
        time = torch.tensor([self._integer(len(noises.alphas_cumprod))], device=model.device)
        small = F.interpolate(hole, size=clean.shape[2:]).to(model.device)
        inputs = torch.cat([noises.add_noise(clean, noise, time), small, seen], 1).to(model.dtype)
        answer = model.unet(inputs, time, **model.conditions(lesson.prompt)).sample.float()
        learned_velocity = noises.config.prediction_type == "v_prediction"
        return F.mse_loss(answer, noises.get_velocity(clean, noise, time) if learned_velocity else noise)

    def _integer(self, count: int) -> int:
        """One of 0 .. `count` - 1."""
        return int(torch.randint(count, (), generator=self._generator))


def random_hole(size: int, generator: torch.Generator) -> Tensor:
    """A rectangle or an ellipse of any size and proportions, (1, 1, `size`, `size`): 1 within, 0 outside."""
    half_width, half_height, x, y, kind = torch.rand(5, generator=generator).tolist()
    centres = (torch.arange(size) + 0.5) / size
    across = (centres[None] - x).abs() / max(half_width / 2, 1 / size)
    down = (centres[:, None] - y).abs() / max(half_height / 2, 1 / size)
    within = torch.maximum(across, down) <= 1 if kind < 0.5 else across**2 + down**2 <= 1
    return within.float()[None, None]


def hidden(picture: Tensor, hole: Tensor) -> Tensor:
    """`picture` (B, 3, S, S) in 0..1 with its `hole` (B, 1, S, S) grey, as these models are shown it."""
    return torch.lerp(picture, torch.full_like(picture, 0.5), hole)
