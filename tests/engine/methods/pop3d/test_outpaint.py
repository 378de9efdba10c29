# SPDX-License-Identifier: GPL-3.0-or-later
"""The embedded outpainter as the pipeline uses it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from engine.errors import InputError
from engine.methods.pop3d.cameras import Place, camera_at
from engine.methods.pop3d.new_view import NewView
from engine.methods.pop3d.outpaint import EmbeddedOutpainter, drawn, load_outpainter, references_of
from engine.methods.pop3d.outpainter_network import OutpainterNetwork
from engine.models import ESTIMATOR
from tests.engine.field.analytic_views import sphere_view

N = 48
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def outpainter() -> EmbeddedOutpainter:
    torch.manual_seed(0)
    return EmbeddedOutpainter(OutpainterNetwork(sample_size=32, channels=(16, 16, 24), blocks=(1, 1, 1)), "tiny")


@pytest.fixture(scope="module")
def new() -> NewView:
    """The left half of a sphere is known; the hole is the rest of the picture's middle."""
    place = Place(45, 0)
    truth = sphere_view(camera_at(place, N))
    known = truth.mask.clone()
    known[:, N // 2 :] = False
    hole = torch.zeros_like(known)
    hole[8:40, N // 2 : 40] = True
    inside = torch.zeros_like(known)
    inside[20:24, 30:34] = True
    color = torch.where(known[..., None], truth.color, 1.0)
    front = sphere_view(camera_at(Place(0, 0), N))
    limit = torch.full((N, N), torch.inf)
    anywhere = torch.zeros_like(limit)
    known_images = hole, known, inside, color, truth.depth, anywhere, limit
    return NewView(place, truth.camera, [front], lambda: truth.color, *known_images)


@pytest.mark.parametrize("seed", [0, 7])
def test_what_is_known_stays_and_nothing_is_outside_the_hole(
    outpainter: EmbeddedOutpainter, new: NewView, seed: int
) -> None:
    color, mask = outpainter.paint(new, seed)
    assert (color.shape, mask.shape, mask.dtype) == ((N, N, 3), (N, N), torch.bool)
    assert torch.equal(color[new.known], new.color[new.known])
    assert mask[new.known].all()
    assert mask[new.inside].all()
    assert not mask[~(new.known | new.hole | new.inside)].any()
    assert (color[~mask] == 1).all()
    assert color.min() >= 0
    assert color.max() <= 1


def test_the_new_cameras_place_counts(outpainter: EmbeddedOutpainter, new: NewView) -> None:
    other = replace(new, place=Place(-90, 0))
    assert not torch.equal(outpainter.paint(new, 0)[0], outpainter.paint(other, 0)[0])


def test_another_seed_paints_another_picture(outpainter: EmbeddedOutpainter, new: NewView) -> None:
    for color, mask in (outpainter.paint(new, 0), outpainter.paint(new, 1)):
        again, same = outpainter.paint(new, 2)
        assert torch.equal(again, outpainter.paint(new, 2)[0])
        assert not torch.equal(again, color)
        assert not torch.equal(same, mask)


def test_a_guess_is_about_as_likely_as_the_network_thinks() -> None:
    """Over many seeds a pixel is object as often as its logit says."""
    outlines = torch.stack([drawn(seed, 20)[0][0] for seed in range(1, 400)])
    often = (outlines + 1.1 > 0).float().mean()  # sigmoid(1.1) is 0.75
    assert float(often) == pytest.approx(0.75, abs=0.03)
    assert (drawn(0, 20)[0] == 0).all()


def test_references_are_on_black() -> None:
    view = sphere_view(camera_at(Place(0, 0), N))
    reference = references_of(view, N)
    torch.testing.assert_close(reference[3], view.mask.float())
    torch.testing.assert_close(reference[:3].permute(1, 2, 0)[view.mask], view.color[view.mask])
    assert (reference[:, ~view.mask] == 0).all()
    assert references_of(view, N // 2).shape == (4, N // 2, N // 2)


def test_the_shipped_weights_paint(new: NewView) -> None:
    shipped = EmbeddedOutpainter.load(CPU)
    assert shipped.name == "embedded"
    color, mask = shipped.paint(new, 0)
    truth = sphere_view(new.camera)
    assert (mask & truth.mask).sum() > 0.8 * (mask | truth.mask).sum()  # it has an idea of what a ball is
    assert color.isfinite().all()


def test_a_folder_without_weights_is_refused(tmp_path: Path) -> None:
    for folder in (tmp_path, ESTIMATOR.location()):
        with pytest.raises(InputError, match="holds no outpainter"):
            load_outpainter(str(folder), CPU)
