# SPDX-License-Identifier: GPL-3.0-or-later
"""Volume rendering, by hand and of a sphere."""

from __future__ import annotations

import math

import pytest
import torch

from engine.field.field import Field, Occupancy
from engine.field.grid import voxel_centres
from engine.field.render import FAR, NEAR, Samples, march, render, render_picture, total, weights
from engine.methods.pop3d.cameras import Place, camera_at
from tests.engine.field.analytic_views import sphere_view

HALF = math.log(2)  # optical depth that stops one half of the light


def test_weights_by_hand() -> None:
    # transmittances: 1, 1/2, 1/2, 1/8;  stopped: 1/2, 0, 3/4, 1 (nearly)
    optical_depth = torch.tensor([[HALF, 0.0, 2 * HALF, 50.0], [0.0, 0.0, 0.0, 0.0]])
    expected = torch.tensor([[1 / 2, 0, 3 / 8, 1 / 8], [0, 0, 0, 0]])
    torch.testing.assert_close(weights(optical_depth), expected)


def test_weights_are_differentiable() -> None:
    optical_depth = torch.tensor([[0.3, 0.0, 1.2]], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(weights, optical_depth)


def test_totals_by_hand() -> None:
    samples = Samples(torch.tensor([0, 2, 2]), torch.tensor([1, 0, 3]), torch.zeros(3), torch.zeros(3, 3), (3, 4))
    values = torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    assert total(values, samples).tolist() == [[1, 2], [0, 0], [8, 10]]


def test_marching_keeps_what_is_near_the_surface() -> None:
    occupancy = Occupancy(voxel_centres(64).norm(dim=-1) - 0.5, 0.05)
    eyes, rays = torch.tensor([[0.0, -3, 0], [0, -3, 0]]), torch.tensor([[0.0, 1, 0], [0, 1, 0.9]])
    samples = march(eyes, rays, 0.02, occupancy)
    assert samples.shape == (2, round((FAR - NEAR) / 0.02))
    assert samples.ray.unique().tolist() == [0]  # the second passes by
    torch.testing.assert_close(samples.depth, NEAR + (samples.step + 0.5) * 0.02)
    torch.testing.assert_close(samples.points, eyes[0] + samples.depth[:, None] * rays[0])
    distance = (samples.points.norm(dim=1) - 0.5).abs()
    assert distance.max() < 0.05 + 3 * 2.1 / 64
    assert ((samples.depth - 2.5).abs() < 0.06).sum() == 6
    assert ((samples.depth - 3.5).abs() < 0.06).sum() == 6


def test_marching_starts_anywhere_within_a_step() -> None:
    occupancy = Occupancy(torch.zeros(8, 8, 8), 1.0)
    eyes, rays = torch.tensor([[0.0, -3, 0]]).expand(50, 3), torch.tensor([[0.0, 1, 0]]).expand(50, 3)
    first, again = (march(eyes, rays, 0.1, occupancy, torch.Generator().manual_seed(1)) for _ in range(2))
    assert torch.equal(first.depth, again.depth)
    offset = first.depth - NEAR - first.step * 0.1
    assert offset.min() >= 0
    assert offset.max() < 0.1 + 1e-5
    assert offset.std() > 0.02


@torch.no_grad()
def test_a_slab_by_hand() -> None:
    """A ray that meets a slab: its light is stopped evenly round the surface."""
    half, beta = 0.3, 0.02
    centres = voxel_centres(64)
    field = Field(centres[..., 1].abs() - half, torch.full((3, 64, 64, 64), 0.25))
    eyes, rays = torch.tensor([[0.0, -3, 0]]), torch.tensor([[0.0, 1, 0]])
    occupancy = Occupancy(torch.zeros(8, 8, 8), 1.0)
    shown = render(field, field.with_gradient(), eyes, rays, beta=beta, step=0.005, occupancy=occupancy)
    assert float(shown.opacity) == pytest.approx(1, abs=1e-4)
    assert shown.color[0].tolist() == pytest.approx([0.25] * 3, abs=1e-3)
    assert float(shown.depth) == pytest.approx(2.7, abs=5e-4)
    assert float(shown.smallest_distance) == pytest.approx(-half, abs=0.02)
    torch.testing.assert_close(shown.normal[0], torch.tensor([0.0, -1, 0]), atol=0.02, rtol=0)


@torch.no_grad()
@pytest.mark.parametrize("slant", [0.0, 1.0, 2.0])
def test_a_plane_is_rendered_where_it_is_also_at_a_slant(slant: float) -> None:
    """Wherever the samples fall; twice as coarsely sampled as its density is wide."""
    up = torch.tensor([0.0, 1.0, slant]) / (1 + slant**2) ** 0.5
    field = Field(-voxel_centres(64) @ up, torch.full((3, 64, 64, 64), 0.5))
    eyes, rays = torch.tensor([[0.0, -3, 0]]).expand(400, 3), torch.tensor([[0.0, 1, 0]]).expand(400, 3)
    occupancy, generator = Occupancy(torch.zeros(8, 8, 8), 1.0), torch.Generator().manual_seed(0)
    gradients = field.with_gradient()
    shown = render(field, gradients, eyes, rays, beta=0.01, step=0.02, occupancy=occupancy, generator=generator)
    assert float(shown.depth.mean()) == pytest.approx(3, abs=5e-4)
    assert float(shown.opacity.min()) > 0.999


def test_a_sphere_is_rendered() -> None:
    camera = camera_at(Place(45, 0), 32)
    truth = sphere_view(camera, 0.7)
    centres = voxel_centres(64)
    color = torch.nn.functional.normalize(centres, dim=-1).permute(3, 0, 1, 2) / 2 + 0.5
    shown = render_picture(Field(centres.norm(dim=-1) - 0.7, color), camera, beta=0.006, step=0.02)
    inside = (truth.silhouette_distance < -2).flatten()
    outside = (truth.silhouette_distance > 2).flatten()
    assert shown.opacity[inside].min() > 0.98
    assert shown.opacity[outside].max() < 0.01
    assert (shown.color[outside] == 1).all()
    assert (shown.color[inside] - truth.color.reshape(-1, 3)[inside]).abs().mean() < 0.02
    assert (shown.depth[inside] - truth.depth.flatten()[inside]).abs().mean() < 0.02
    assert (shown.smallest_distance[inside] < 0).all()
    assert (shown.smallest_distance[outside] > 0).all()
