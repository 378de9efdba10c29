# SPDX-License-Identifier: GPL-3.0-or-later
"""The two parameterisations of the texture coordinates, by hand-computed cases."""

from __future__ import annotations

import torch

from engine.geometry.image_map import identity_map
from engine.methods.dreamtexture.coordinates import DisplacementPyramid, GradientPyramid, bending, expand, integrability


def test_the_papers_pyramid_has_its_number_of_parameters() -> None:
    """Table 2 of the paper gives 10,922 for stage I and 4,096 for the depth."""
    pyramid = GradientPyramid(64)
    assert sum(p.numel() for p in pyramid.parameters()) == 10_922
    assert len(pyramid.levels) == 7
    assert 64 * 64 == 4_096


def test_both_start_at_the_identity() -> None:
    identity = identity_map(64, torch.empty(0))
    torch.testing.assert_close(GradientPyramid(64)(), identity, atol=1e-5, rtol=0)
    torch.testing.assert_close(DisplacementPyramid(identity)(), identity)


def test_identity_is_x_right_and_y_up_at_pixel_centres() -> None:
    identity = identity_map(4, torch.empty(0))[0]
    assert identity[:, 0, 0].tolist() == [-0.75, 0.75]
    assert identity[:, 3, 3].tolist() == [0.75, -0.75]


def test_a_constant_loses_half_its_size_at_each_step_up() -> None:
    """(0.5 x 1.4)^2 = 0.49 for even and odd pixels alike, away from the border."""
    inner = expand(torch.ones(1, 2, 16, 16))[:, :, 4:-4, 4:-4]
    torch.testing.assert_close(inner, torch.full_like(inner, 0.49), atol=1e-6, rtol=0)


def test_expanding_is_the_transposed_convolution_written_out() -> None:
    """One pixel becomes the kernel, centred on twice its place."""
    coarse = torch.zeros(1, 1, 4, 4)
    coarse[0, 0, 1, 2] = 1
    fine = expand(coarse)[0, 0]
    kernel = torch.tensor([1.0, 4.0, 6.0, 4.0, 1.0]) * 1.4 / 16
    expected = torch.zeros(8, 8)
    expected[1:6, 3:8] = torch.outer(kernel, kernel)
    torch.testing.assert_close(fine, expected)


def test_gradients_are_never_negative() -> None:
    pyramid = GradientPyramid(16)
    with torch.no_grad():
        for level in pyramid.levels:
            level.normal_(generator=torch.Generator().manual_seed(0))
    w = pyramid()
    assert (pyramid.gradients() >= 0).all()
    assert (w[:, 0].diff(dim=2) >= 0).all()
    assert (w[:, 1].diff(dim=1) <= 0).all()


def test_integrability_is_zero_for_integrable_gradients_and_by_hand_for_a_shear() -> None:
    rows, columns = torch.meshgrid(torch.arange(6.0), torch.arange(6.0), indexing="ij")
    assert integrability(torch.stack([columns, rows])[None]) == 0
    # V_u growing by 1 a row: each block's sum is -2
    assert integrability(torch.stack([rows, torch.zeros(6, 6)])[None]) == 4
    # both growing the same way cancel: the term couples the two shears
    assert integrability(torch.stack([rows, columns])[None]) == 0


def test_bending_ignores_linear_maps_and_what_lies_outside() -> None:
    x = identity_map(8, torch.empty(0))
    inside = torch.ones(1, 1, 8, 8)
    assert bending(3 * x, inside) < 1e-5
    crease = torch.stack([x[:, 0].abs(), x[:, 1]], 1)
    assert bending(crease, inside) > 0.1
    inside[..., 3:5] = 0
    assert bending(crease, inside) < 1e-5
