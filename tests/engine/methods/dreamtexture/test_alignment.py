# SPDX-License-Identifier: GPL-3.0-or-later
"""Stage I with a guidance that knows the answer, and its state: stopping, saving, going on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from engine.checkpoint import Checkpoint
from engine.contract.method import methods
from engine.geometry.conformal_map import flatten_near_identity
from engine.geometry.image_map import identity_map
from engine.geometry.normals import normals
from engine.guidance import Blend, Distillation
from engine.guidance.diffusion import DiffusionGuidance
from engine.methods.dreamtexture.alignment import SETTLED_STEPS, Aligner, align
from engine.methods.dreamtexture.depth import solve_depth
from engine.methods.dreamtexture.descriptor import DreamTexture
from engine.methods.dreamtexture.virtual_texture import composite, virtual_texture
from engine.progress import Progress, Report
from tests.engine.geometry import analytic_shapes
from tests.engine.geometry.analytic_shapes import normal_error
from tests.engine.guidance.tiny_pipelines import known_diffusion

SIZE = 64
CPU = torch.device("cpu")


class Silent:
    """A listener that only counts."""

    def __init__(self) -> None:
        self.previews = 0

    def progress(self, report: Report) -> None:
        """Nothing to see."""

    def preview(self, file: str) -> None:
        """One more."""
        self.previews += 1


class TowardsGoal:
    """Guidance in coordinate space that knows the goal, blurred by noise; counts its steps."""

    name = reason = "known"

    def __init__(self, goal: Tensor, noise: float = 0.0) -> None:
        self.goal, self.noise = goal, noise
        self.seen: list[Distillation] = []

    def loss(self, blend: Blend, distillation: Distillation, generator: torch.Generator) -> Tensor:
        """Half the mean squared distance from the goal."""
        self.seen.append(distillation)
        target = self.goal + self.noise * torch.randn(self.goal.shape, generator=generator)
        return 0.5 * ((blend.coordinates - target) ** 2).mean()


def aligner(guidance: Any, **overrides: Any) -> Aligner:
    """An aligner of 32 x 32 pixels, all of them object."""
    settings = methods()["dreamtexture"].resolve("standard", {"resolution": 32, **overrides})
    grey, mask = torch.full((1, 3, 32, 32), 0.5), torch.ones(1, 1, 32, 32)
    return Aligner(grey, mask, identity_map(32, grey), guidance, settings, torch.Generator().manual_seed(0))


def swollen() -> Tensor:
    """A goal that is not the identity."""
    identity = identity_map(32, torch.empty(0))
    return identity * (1 + 0.1 * (identity**2).sum(1, keepdim=True))


@pytest.mark.parametrize("name", ["sphere", "cylinder", "cube"])
def test_exact_score_of_the_true_composite_gives_the_shape(name: str) -> None:
    """The whole method with a diffusion model that knows the answer: a denoiser of one image, the true composite."""
    shape = getattr(analytic_shapes, name)(SIZE)
    settings: DreamTexture = methods()["dreamtexture"].resolve("standard", {"resolution": SIZE})
    truth = normals(shape.depth, shape.mask)
    light = np.clip(np.nan_to_num(truth) @ [-0.4, 0.5, 0.75], 0.05, 1)
    picture = torch.from_numpy(np.stack([light] * 3)).float()[None]
    mask = torch.from_numpy(shape.mask).float()[None, None]
    flat = torch.from_numpy(flatten_near_identity(shape.depth, shape.mask)).float().permute(2, 0, 1)[None]
    coordinates = torch.where(flat.isfinite(), flat, identity_map(SIZE, flat))
    texture = virtual_texture(coordinates, settings.texture, settings.squares)
    target = composite(picture, mask, texture, settings.blend)[0] * 2 - 1

    guidance = DiffusionGuidance(known_diffusion(target, 0.0), "", CPU, "known", "")
    start = identity_map(SIZE, flat)
    stage = Aligner(picture, mask, start, guidance, settings, torch.Generator().manual_seed(0))
    while not stage.done:
        stage.advance()
    found = stage.parameters().detach()[0].permute(1, 2, 0).double().numpy()
    depth = solve_depth(found, shape.mask).depth
    assert normal_error(normals(depth, shape.mask), truth) <= 8


def test_the_displacements_start_where_they_are_told_and_guidance_hears_of_it() -> None:
    stage = aligner(TowardsGoal(swollen()))
    stage = Aligner(
        stage.picture, stage.mask, swollen(), stage.guidance, stage.settings, torch.Generator().manual_seed(0)
    )
    assert torch.equal(stage.parameters(), swollen())
    assert torch.equal(stage.blended(stage.parameters()).start, swollen())
    while not stage.done:
        stage.advance()
    assert stage.step == SETTLED_STEPS  # nothing left to do


def test_noise_levels_fall_from_high_to_low() -> None:
    guidance = TowardsGoal(swollen())
    stage = aligner(guidance, steps=5, patience=0, noise_high=0.9, noise_low=0.1)
    while not stage.done:
        stage.advance()
    assert [d.noise for d in guidance.seen] == pytest.approx([0.9, 0.7, 0.5, 0.3, 0.1])


def test_paper_draws_noise_levels_evenly_and_keeps_ten_snapshots() -> None:
    guidance = TowardsGoal(identity_map(64, torch.empty(0)))
    settings = methods()["dreamtexture"].resolve("paper", {"steps": 200})
    ones = torch.ones(1, 3, 64, 64)
    stage = Aligner(ones, ones[:, :1], ones[:, :2], guidance, settings, torch.Generator().manual_seed(0))
    assert sum(p.numel() for p in stage.parameters.parameters()) == 10_922
    while not stage.done:
        stage.advance()
    levels = np.array([d.noise for d in guidance.seen])
    assert levels.min() >= 0.02
    assert levels.max() <= 0.98
    assert abs(levels.mean() - 0.5) < 0.08
    assert len(stage.snapshots) == 10


def test_it_stops_when_the_coordinates_come_to_rest() -> None:
    stage = aligner(TowardsGoal(identity_map(32, torch.empty(0))), steps=100)
    while not stage.done:
        stage.advance()
    assert stage.step == SETTLED_STEPS
    assert len(stage.snapshots) == 1


def test_the_barrier_keeps_a_folded_goal_from_folding_the_map() -> None:
    identity = identity_map(32, torch.empty(0))
    wavy = torch.cat([identity[:, :1] + 0.2 * (12 * identity[:, :1]).sin(), identity[:, 1:]], 1)
    folds = []
    for barrier in (0.0, 10.0):
        stage = aligner(TowardsGoal(wavy), steps=150, patience=0, barrier=barrier)
        while not stage.done:
            stage.advance()
        u = stage.parameters()[:, 0]
        folds.append(float((u.diff(dim=2) <= 0).float().mean()))
    assert folds[0] > 0.2
    assert folds[1] < 0.02


def test_going_on_from_saved_state_changes_no_bit(tmp_path: Path) -> None:
    def fresh() -> Aligner:
        return aligner(TowardsGoal(swollen(), noise=0.1), steps=12, patience=0, snapshots=3)

    whole = fresh()
    while not whole.done:
        whole.advance()

    first = fresh()
    for _ in range(7):
        first.advance()
    checkpoint = Checkpoint(tmp_path)
    checkpoint.save(first.state())
    result = align(fresh(), Progress(Silent(), tmp_path), checkpoint)
    assert result.steps == 12
    for a, b in zip(whole.snapshots, result.snapshots, strict=True):
        assert torch.equal(a, b)


def test_the_texture_is_shown_sliding(tmp_path: Path) -> None:
    listener = Silent()
    one = aligner(TowardsGoal(swollen()), steps=3, patience=0)
    one.mask[..., :16] = 0  # the left half is background
    align(one, Progress(listener, tmp_path), Checkpoint(tmp_path))
    assert listener.previews >= 1
    alpha = np.asarray(Image.open(tmp_path / "preview.png"))[..., 3]
    assert np.array_equal(alpha, np.where(np.arange(32) < 16, 0, 255)[None].repeat(32, 0))
