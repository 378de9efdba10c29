# SPDX-License-Identifier: GPL-3.0-or-later
"""Refining a field."""

from __future__ import annotations

import pytest
import torch

from engine.field.field import Field
from engine.field.grid import voxel_centres
from engine.field.refine import Refinement, Schedule
from engine.field.view import View
from engine.methods.pop3d.cameras import RING, camera_at
from tests.engine.field.analytic_views import sphere_view

RADIUS = 0.6
SCHEDULE = Schedule(steps=30, rays=512, distance_rate=1e-2, color_rate=5e-2, beta=(0.04, 0.02))


@pytest.fixture(scope="module")
def views() -> list[View]:
    return [sphere_view(camera_at(place, 48), RADIUS) for place in RING[::2]]


def start() -> Field:
    """A sphere that is too small, and grey."""
    return Field(voxel_centres(32).norm(dim=-1) - RADIUS + 0.06, torch.full((3, 32, 32, 32), 0.5))


def refinement(views: list[View]) -> Refinement:
    return Refinement(start(), views, SCHEDULE, torch.Generator().manual_seed(0))


def test_a_sphere_grows_and_takes_its_colours(views: list[View]) -> None:
    run = refinement(views)
    before = run.field.distance.detach().clone()
    first = run.step()
    while run.steps_done < SCHEDULE.steps:
        run.step()
    assert run.step() < 0.75 * first
    truth = voxel_centres(32).norm(dim=-1) - RADIUS
    seen = (truth.abs() < 0.06) & (voxel_centres(32)[..., 2].abs() < 0.4)
    assert (run.field.distance - truth)[seen].abs().mean() < 0.93 * (before - truth)[seen].abs().mean()
    colors = torch.nn.functional.normalize(voxel_centres(32), dim=-1) / 2 + 0.5
    assert (run.field.color.permute(1, 2, 3, 0) - colors)[seen].abs().mean() < 0.15
