# SPDX-License-Identifier: GPL-3.0-or-later
"""The virtual texture and its blend with the picture."""

from __future__ import annotations

import torch

from engine.geometry.image_map import identity_map
from engine.methods.dreamtexture.virtual_texture import composite, virtual_texture


def test_checkerboard_has_its_number_of_squares_in_black_and_white() -> None:
    texture = virtual_texture(identity_map(160, torch.empty(0)), "checkerboard", 8)
    assert texture.shape == (1, 3, 160, 160)
    assert (texture[:, 0] == texture[:, 1]).all()
    middle = texture[0, 0, 10::20, 10::20]  # the middles of the 8 x 8 squares
    assert ((middle > 0.9) | (middle < 0.1)).all()
    light = middle > 0.5
    assert (light[:, 1:] != light[:, :-1]).all()
    assert (light[1:] != light[:-1]).all()


def test_the_texture_repeats_without_end() -> None:
    x = identity_map(64, torch.empty(0))
    shifted = x + torch.tensor([4.0, -8.0])[:, None, None]  # whole periods of 8 squares
    torch.testing.assert_close(
        virtual_texture(x, "checkerboard", 8), virtual_texture(shifted, "checkerboard", 8), atol=1e-4, rtol=0
    )


def test_squares_smaller_than_a_pixel_turn_grey() -> None:
    texture = virtual_texture(identity_map(32, torch.empty(0)) * 20, "checkerboard", 8)
    assert (texture - 0.5).abs().max() < 0.01


def test_plaid_tells_the_directions_apart() -> None:
    x = identity_map(64, torch.empty(0))
    plaid = virtual_texture(x, "plaid", 8)
    swapped = virtual_texture(x.flip(1), "plaid", 8)
    assert (plaid[:, 0] - swapped[:, 0]).abs().mean() > 0.2
    torch.testing.assert_close(plaid[:, 2], swapped[:, 2], atol=1e-6, rtol=0)


def test_composite_by_hand() -> None:
    """Eq. 3: a quarter of the picture, three quarters of the texture, black outside."""
    picture, texture = torch.full((1, 3, 2, 2), 0.8), torch.full((1, 3, 2, 2), 0.4)
    mask = torch.tensor([[1.0, 0.0], [0.5, 1.0]])[None, None]
    blended = composite(picture, mask, texture, 0.25)
    torch.testing.assert_close(blended[0, 0], torch.tensor([[0.5, 0.0], [0.25, 0.5]]))
