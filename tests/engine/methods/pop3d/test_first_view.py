# SPDX-License-Identifier: GPL-3.0-or-later
"""The picture before the first camera."""

from __future__ import annotations

import pytest
import torch

from engine.methods.pop3d.cameras import WINDOW
from engine.methods.pop3d.first_view import OUTLINE, first_view, framed, on_white
from tests.engine.field.analytic_views import sphere_view
from tests.engine.methods.pop3d.analytic_pictures import RADIUS, SphereObserver, disc_picture


def test_the_outline_gets_the_same_size_in_every_picture() -> None:
    for radius in (18.0, 30.0):
        picture = framed(disc_picture(radius=radius))
        _, mask = on_white(picture, 200)
        assert float(mask.float().mean().sqrt()) * 2 == pytest.approx(torch.pi**0.5 * OUTLINE / WINDOW, rel=0.03)
        row, column = mask.nonzero().float().mean(0).tolist()
        assert (row, column) == pytest.approx((99.5, 99.5), abs=3)


def test_the_object_is_on_white() -> None:
    color, mask = on_white(framed(disc_picture()), 64)
    torch.testing.assert_close(color[32, 32], torch.tensor([1.0, 0, 0]))
    assert (color[0, 0] == 1).all()
    assert mask[32, 32]
    assert not mask[0, 0]


def test_a_sphere_lies_round_the_orbits_centre() -> None:
    """Wherever the observer saw it."""
    view = first_view(framed(disc_picture()), SphereObserver(), 64)
    truth = sphere_view(view.camera, RADIUS)
    both = truth.mask & view.mask
    assert both.sum() > 0.95 * view.mask.sum()
    assert float((view.depth - truth.depth)[both].mean()) == pytest.approx(0, abs=0.08)
