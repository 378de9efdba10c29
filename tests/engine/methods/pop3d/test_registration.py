# SPDX-License-Identifier: GPL-3.0-or-later
"""A new view's surface finds its place."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from engine.field.view import View
from engine.methods.pop3d.cameras import Place, camera_at
from engine.methods.pop3d.new_view import NewView
from engine.methods.pop3d.registration import anchored, smooth_continuation
from tests.engine.field.analytic_views import sphere_view

PLACE = Place(45, 0)
CAMERA = camera_at(PLACE, 64)


def known_on_the_left(truth: View, limit: torch.Tensor) -> NewView:
    """Of `truth` the left half is known."""
    known = truth.mask.clone()
    known[:, 32:] = False
    empty = torch.zeros_like(known)
    depth = torch.where(known, truth.depth, 0.0)
    anywhere = torch.zeros_like(limit)
    images = truth.mask & ~known, known, empty, truth.color, depth, anywhere, limit
    return NewView(PLACE, CAMERA, [truth], lambda: truth.color, *images)


def test_a_continuation_keeps_what_is_constant_and_ends_with_the_mask() -> None:
    mask = np.zeros((32, 32), bool)
    mask[4:28, 4:28] = True
    known = mask.copy()
    known[:, 10:] = False
    found = smooth_continuation(np.where(known, 0.7, 9.0), known, mask)
    np.testing.assert_allclose(found[mask], 0.7, atol=1e-3)
    assert (found[~mask] == 0).all()


def test_a_continuation_of_noise_is_smoother_than_it() -> None:
    mask = np.ones((48, 48), bool)
    noise = np.random.default_rng(0).normal(size=mask.shape)
    assert smooth_continuation(noise, mask, mask).std() < 0.2 * noise.std()


def test_a_shifted_and_bent_view_is_put_back() -> None:
    truth = sphere_view(CAMERA)
    column = torch.arange(64) / 64
    bent = truth.with_depth(truth.depth + 0.3 + 0.1 * column)
    views = anchored(known_on_the_left(truth, torch.full((64, 64), torch.inf)), bent)
    assert views[:-1] == [truth]
    error = (views[-1].depth - truth.depth).abs()
    left, right = truth.mask.clone(), truth.mask.clone()
    left[:, 32:], right[:, :32] = False, False
    assert error[left].mean() < 0.004
    assert error[right].mean() < 0.03  # what lies beyond goes on as at the border
    assert (views[-1].depth[~truth.mask] == 0).all()


def test_nothing_lies_behind_what_was_seen() -> None:
    truth = sphere_view(CAMERA)
    limit = torch.full((64, 64), torch.inf)
    limit[30:34, 40:44] = 1.9
    depth = anchored(known_on_the_left(truth, limit), truth)[-1].depth
    assert depth[30:34, 40:44].tolist() == [[pytest.approx(1.9)] * 4] * 4
    torch.testing.assert_close(depth[20:28], truth.depth[20:28], atol=1e-3, rtol=0)


def test_nothing_lies_before_what_is_empty() -> None:
    truth = sphere_view(CAMERA)
    new = known_on_the_left(truth, torch.full((64, 64), torch.inf))
    new.nearest[30:34, 40:44] = 2.9
    depth = anchored(new, truth)[-1].depth
    assert depth[30:34, 40:44].tolist() == [[pytest.approx(2.9)] * 4] * 4
    torch.testing.assert_close(depth[20:28], truth.depth[20:28], atol=1e-3, rtol=0)


def test_where_nothing_was_known_a_view_stays() -> None:
    truth = sphere_view(CAMERA)
    new = known_on_the_left(truth, torch.full((64, 64), torch.inf))
    nothing = NewView(**{**vars(new), "known": torch.zeros_like(new.known)})
    torch.testing.assert_close(anchored(nothing, truth)[-1].depth, truth.depth)
