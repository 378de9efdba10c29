# SPDX-License-Identifier: GPL-3.0-or-later
"""Grids of voxels, and the field on them."""

from __future__ import annotations

import pytest
import torch

from engine.field.field import Field, Occupancy, gradient, interpolated
from engine.field.grid import HALF, resampled, sample, voxel_centres, voxel_size


def test_centres() -> None:
    """The axes are z, y, x; the first voxel's centre is half a voxel off the corner."""
    centres = voxel_centres(4)
    corner = voxel_size(4) / 2 - HALF
    assert centres[0, 0, 0].tolist() == pytest.approx([corner] * 3)
    assert (centres[3, 0, 0] - centres[0, 0, 0]).tolist() == pytest.approx([0, 0, 3 * voxel_size(4)])
    assert (centres[0, 0, 3] - centres[0, 0, 0]).tolist() == pytest.approx([3 * voxel_size(4), 0, 0])


def test_sampling_a_linear_volume_is_exact() -> None:
    centres = voxel_centres(8)
    volume = torch.stack([centres @ torch.tensor([1.0, 2, 3]), centres[..., 1]])
    points = torch.rand((20, 3), generator=torch.Generator().manual_seed(0)) * 1.6 - 0.8
    expected = torch.stack([points @ torch.tensor([1.0, 2, 3]), points[:, 1]], 1)
    torch.testing.assert_close(sample(volume, points), expected)
    inner = (slice(None), slice(2, 14), slice(2, 14), slice(2, 14))
    torch.testing.assert_close(resampled(volume, 16)[inner][1], voxel_centres(16)[2:14, 2:14, 2:14, 1])


def test_gradient_of_a_linear_volume() -> None:
    slopes = torch.tensor([1.0, -2, 0.5])
    inner = gradient(voxel_centres(6) @ slopes)[:, 1:-1, 1:-1, 1:-1]
    torch.testing.assert_close(inner, slopes[:, None, None, None].expand_as(inner))


def test_a_field_at_points() -> None:
    centres = voxel_centres(16)
    field = Field(centres.norm(dim=-1) - 0.5, centres.permute(3, 0, 1, 2) / 2 + 0.5)
    points = torch.tensor([[0.6, 0.0, 0.0], [0.0, -0.3, 0.4]])
    distance, slope, color = interpolated(field, field.with_gradient(), points)
    assert distance.tolist() == pytest.approx([0.1, 0.0], abs=0.02)
    torch.testing.assert_close(slope, points / points.norm(dim=1, keepdim=True), atol=0.05, rtol=0)
    torch.testing.assert_close(color, points / 2 + 0.5)


def test_occupancy_is_round_the_surface() -> None:
    volume = voxel_centres(128).norm(dim=-1) - 0.6
    occupancy = Occupancy(volume, 0.03)
    directions = torch.nn.functional.normalize(torch.randn((100, 3), generator=torch.Generator().manual_seed(0)))
    for radius, expected in ((0.6, True), (0.57, True), (0.63, True), (0.4, False), (0.8, False)):
        assert (occupancy.at(radius * directions) == expected).all()
    assert not occupancy.at(torch.tensor([[2.0, 0, 0], [0, 0, -5]])).any()
