# SPDX-License-Identifier: GPL-3.0-or-later
"""The losses, by hand."""

from __future__ import annotations

import math

import pytest
import torch

from engine.field import losses
from engine.field.field import gradient
from engine.field.grid import voxel_centres, voxel_size


def test_color() -> None:
    loss = losses.color_loss(torch.tensor([[0.5, 0.5, 0.5]]), torch.tensor([[0.2, 0.5, 0.8]]))
    assert float(loss) == pytest.approx(0.2)


def test_mask() -> None:
    """On the surface the chance is one half; well on the right side nothing is lost."""
    smallest, mask = torch.tensor([0.0, -1.0, 1.0]), torch.tensor([True, True, False])
    assert float(losses.mask_loss(smallest[:1], mask[:1], 0.1)) == pytest.approx(math.log(2))
    assert float(losses.mask_loss(smallest[1:], mask[1:], 0.1)) < 1e-4
    assert float(losses.mask_loss(smallest[1:], ~mask[1:], 0.1)) == pytest.approx(10, rel=1e-4)


def test_depth() -> None:
    """Squared where small, bounded by DEPTH_SCALE where large."""
    zero = torch.zeros(1)
    assert float(losses.depth_loss(zero + losses.DEPTH_SCALE, zero)) == pytest.approx(losses.DEPTH_SCALE / 2)
    assert float(losses.depth_loss(zero + 100, zero)) == pytest.approx(losses.DEPTH_SCALE, rel=1e-3)
    assert float(losses.depth_loss(zero + 1e-3, zero)) == pytest.approx(1e-6 / losses.DEPTH_SCALE, rel=1e-2)


def test_depth_up_to_scale_and_shift() -> None:
    """What is left over of the truth when a line was drawn through the pairs: here 1 of 4 in the third place."""
    truth = torch.tensor([1.0, 2, 3, 4])
    assert float(losses.scale_and_shift_free_depth_loss(5 - 2 * truth, truth)) == pytest.approx(0, abs=1e-9)
    other = torch.tensor([0.0, 1, 0, 1])
    assert float(losses.scale_and_shift_free_depth_loss(other, truth)) == pytest.approx(1)  # two means, 1 off each
    constant = torch.ones(4, requires_grad=True)
    losses.scale_and_shift_free_depth_loss(constant, truth).backward()
    assert constant.grad is not None
    assert constant.grad.isfinite().all()


def test_normal() -> None:
    truth = torch.tensor([[0.0, 0, 1]])
    assert float(losses.normal_loss(truth, truth)) == pytest.approx(0)
    assert float(losses.normal_loss(torch.tensor([[0.0, 1, 0]]), truth)) == pytest.approx(3)
    assert float(losses.normal_loss(0.5 * truth, truth)) == pytest.approx(0.5)  # the length counts too


def test_eikonal() -> None:
    """A volume twice as steep as a distance costs (2 - 1)^2, only inside the band."""
    inner = torch.zeros((8, 8, 8), dtype=torch.bool)
    inner[2:6, 2:6, 2:6] = True
    volume = voxel_centres(8) @ torch.tensor([0.0, 2.0, 0.0])
    assert float(losses.eikonal_loss(gradient(volume), inner)) == pytest.approx(1, rel=1e-4)
    assert float(losses.eikonal_loss(gradient(volume / 2), inner)) == pytest.approx(0, abs=1e-6)
    assert float(losses.eikonal_loss(gradient(volume), ~inner)) != pytest.approx(1, rel=1e-4)


def test_the_eikonal_term_has_two_derivatives() -> None:
    volume = torch.rand((4, 4, 4), dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    band = torch.ones((4, 4, 4), dtype=torch.bool)

    def loss(volume: torch.Tensor) -> torch.Tensor:
        return losses.eikonal_loss(gradient(volume), band)

    assert torch.autograd.gradcheck(loss, volume.requires_grad_())
    assert torch.autograd.gradgradcheck(loss, volume)


def test_smoothness() -> None:
    """A plane costs nothing; an edge at which the slope changes by 2 costs 2 in the voxels on it."""
    everywhere = torch.ones((8, 8, 8), dtype=torch.bool)
    x = voxel_centres(8)[..., 0]
    assert float(losses.smoothness_loss(x, everywhere)) == pytest.approx(0, abs=1e-5)
    edge = (x - voxel_size(8) / 2).abs()  # least at voxel 4's centre
    band = torch.zeros((8, 8, 8), dtype=torch.bool)
    band[:, :, 4] = True
    assert float(losses.smoothness_loss(edge, band)) == pytest.approx(2, rel=1e-4)
