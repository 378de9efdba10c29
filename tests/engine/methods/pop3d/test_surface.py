# SPDX-License-Identifier: GPL-3.0-or-later
"""A field learns the views of a sphere."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from engine.field.field import Field
from engine.field.refine import Schedule
from engine.field.view import View
from engine.methods.pop3d.cameras import RING, WINDOW_FIELD_OF_VIEW, camera_at
from engine.methods.pop3d.surface import learn, surface_of
from tests.engine.field.analytic_views import sphere_view


@pytest.fixture(scope="module")
def views() -> list[View]:
    return [sphere_view(camera_at(place, 64, WINDOW_FIELD_OF_VIEW), 0.7) for place in RING]


def learned(views: list[View], steps: int) -> tuple[Field, list[int]]:
    told: list[int] = []
    schedule = Schedule(steps, rays=256)
    return learn(views, 32, schedule, torch.Generator().manual_seed(0), told.append), told


def test_without_training_it_is_the_fused_views(views: list[View]) -> None:
    field, told = learned(views, 0)
    assert told == []
    radius = np.linalg.norm(surface_of(field).vertices, axis=1)
    # The poles, which no view sees, are as the cones through the outlines leave them.
    ring = np.abs(surface_of(field).vertices[:, 2]) < 0.5
    assert np.abs(radius[ring] - 0.7).mean() < 0.01


def test_training_tells_its_steps_and_keeps_the_sphere(views: list[View]) -> None:
    field, told = learned(views, 6)
    again, _ = learned(views, 6)
    assert told == [0, 1, 2, 3, 4, 5]
    assert torch.equal(field.distance, again.distance)
    assert torch.equal(field.color, again.color)
    start, _ = learned(views, 0)
    assert not torch.equal(field.distance, start.distance)
    mesh = surface_of(field)
    ring = np.abs(mesh.vertices[:, 2]) < 0.5
    assert np.abs(np.linalg.norm(mesh.vertices[ring], axis=1) - 0.7).mean() < 0.012
