# SPDX-License-Identifier: GPL-3.0-or-later
"""Distances between surfaces that are known."""

from __future__ import annotations

import pytest

from engine.field.grid import voxel_centres
from engine.geometry.triangles import Triangles
from engine.mesh.iso_surface import iso_surface
from engine.methods.pop3d.cameras import Place, camera_at
from tests.benchmark.orbit.measures import distances
from tests.engine.field.analytic_views import sphere_view


def ball(radius: float) -> Triangles:
    return iso_surface((voxel_centres(48).norm(dim=-1) - radius).numpy())


def test_concentric_spheres() -> None:
    """A tenth apart: twice as much in units of half as much; nothing is near."""
    views = [sphere_view(camera_at(Place(0, 0), 32))]
    seen, whole = distances(ball(0.6), ball(0.5), views, unit=0.5)
    assert seen.chamfer == pytest.approx(0.2, abs=0.01)
    assert whole.chamfer == pytest.approx(0.2, abs=0.01)
    assert (seen.f_score, whole.f_score) == (0, 0)


def test_only_what_is_seen_counts() -> None:
    """A half of the sphere is missing: its back."""
    whole_ball = ball(0.6)
    front = whole_ball.faces[whole_ball.vertices[whole_ball.faces][..., 1].mean(1) < 0]
    views = [sphere_view(camera_at(Place(0, 0), 32))]
    seen, whole = distances(Triangles(whole_ball.vertices, front), whole_ball, views, unit=1.0)
    assert seen.chamfer < 0.02
    assert seen.f_score > 0.99
    assert whole.chamfer > 0.07
    assert whole.f_score < 0.8
