# SPDX-License-Identifier: GPL-3.0-or-later
"""Scales and shifts, found again."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from engine.field.view import View
from engine.methods.pop3d.cameras import RING, camera_at
from tests.benchmark.orbit.alignment import DISTANCE, Fit, align, aligned, gauge, normalised, scale_from_normals
from tests.engine.field.analytic_views import sphere_view


def true_fit(view: View) -> Fit:
    """That with which the view's depth, in world units already, stays as it is."""
    inside = view.depth[view.mask]
    return Fit(float(inside.std()), float(inside.median()))


def distorted(view: View, scale: float, shift: float) -> View:
    return view.with_depth(scale * view.depth + shift)


@pytest.fixture(scope="module")
def truth() -> list[View]:
    """A sphere off the centre, which no two views see alike."""
    return [sphere_view(camera_at(place, 96), 0.6, (0.2, -0.15, 0.1)) for place in RING[:3]]


def depth_error(view: View, fit: Fit, truth: Tensor) -> float:
    return float((aligned(view, fit).depth - truth)[view.mask].abs().mean())


def test_normalised_depth(truth: list[View]) -> None:
    depth = normalised(distorted(truth[0], 3.0, -7.0))
    inside = depth[truth[0].mask]
    assert float(inside.median()) == pytest.approx(0, abs=1e-4)
    assert float(inside.std()) == pytest.approx(1, abs=1e-4)
    assert (depth[~truth[0].mask] == 0).all()


def test_the_true_fit_gives_the_true_depth(truth: list[View]) -> None:
    view = truth[1]
    assert depth_error(distorted(view, 0.5, 4.0), true_fit(view), view.depth) < 1e-4


def test_normals_tell_the_scale(truth: list[View]) -> None:
    """As if the surface were where the cameras look at: the nearer it is, the smaller it is."""
    for view, scale in zip(truth, (0.4, 1.0, 2.0), strict=True):
        true = true_fit(view)
        expected = true.scale * DISTANCE / true.shift
        assert scale_from_normals(distorted(view, scale, 1.0)) == pytest.approx(expected, rel=0.15)


def test_the_first_view_is_the_gauge(truth: list[View]) -> None:
    view = distorted(truth[0], 2.0, 5.0)
    (fit,) = align([view], [], torch.Generator().manual_seed(0))
    assert fit == gauge(view)
    assert fit.shift == pytest.approx(3 - fit.scale / 2)


def test_views_find_their_place_round_a_fixed_first_one(truth: list[View]) -> None:
    views = [distorted(view, 0.5 + 0.4 * k, k - 1.0) for k, view in enumerate(truth)]
    known = [true_fit(truth[0])]
    fits = align(views, known, torch.Generator().manual_seed(0), steps=40)
    assert fits[0] == known[0]
    for view, fit, true in zip(views, fits, truth, strict=True):
        assert depth_error(view, fit, true.depth) < 0.03


def test_the_same_seed_gives_the_same_fits(truth: list[View]) -> None:
    first, again = (align(truth[:2], [], torch.Generator().manual_seed(5), fixed=0, steps=5) for _ in range(2))
    assert first == again
