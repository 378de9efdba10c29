# SPDX-License-Identifier: GPL-3.0-or-later
"""Outpainting by a tiny diffusion model: prompts, the choice among candidates, personalisation before each view."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.checkpoint import Checkpoint
from engine.errors import Cancelled
from engine.methods.pop3d.cameras import CAPS, RING, WINDOW_FIELD_OF_VIEW, Place, camera_at
from engine.methods.pop3d.descriptor import POP3D
from engine.methods.pop3d.diffusion_outpainter import DiffusionOutpainter, disagreement, side_of
from engine.methods.pop3d.inpainting import InpaintingModel, load_inpainting_model
from engine.methods.pop3d.new_view import NewView
from engine.picture.picture import Floats
from engine.progress import Progress
from tests.engine.field.analytic_views import sphere_view
from tests.engine.guidance.tiny_pipelines import inpainting
from tests.engine.watcher import Watcher

N = 48
SETTINGS = POP3D(candidates=2, denoising_steps=3, personalization_steps=3)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> InpaintingModel:
    return load_inpainting_model(str(inpainting(tmp_path_factory.mktemp("inpainting"))), torch.device("cpu"))


@pytest.fixture(scope="module")
def new() -> NewView:
    """The left half of a sphere is known, the hole is the rest of the picture's middle."""
    place = Place(45, 0)
    truth = sphere_view(camera_at(place, N, WINDOW_FIELD_OF_VIEW))
    known = truth.mask.clone()
    known[:, N // 2 :] = False
    hole = torch.zeros_like(known)
    hole[4:44, N // 2 : 44] = True
    color = torch.where(known[..., None], truth.color, 1.0)
    front = sphere_view(camera_at(Place(0, 0), N, WINDOW_FIELD_OF_VIEW))
    nothing, limit = torch.zeros_like(known), torch.full((N, N), torch.inf)
    grey = torch.full((N, N, 3), 0.5)
    images = hole, known, nothing, color, truth.depth, torch.zeros_like(limit), limit
    return NewView(place, truth.camera, [front], lambda: grey, *images)


def outpainter(
    model: InpaintingModel, folder: Path, settings: POP3D = SETTINGS, watcher: Watcher | None = None
) -> DiffusionOutpainter:
    watcher = watcher or Watcher()
    folder.mkdir(exist_ok=True)
    progress = Progress(watcher, folder, watcher.cancel)
    return DiffusionOutpainter(model, "cup", settings, dark, progress, Checkpoint(folder))


def dark(rgb: Floats) -> Floats:
    """A cut-out that takes what isn't bright for the object."""
    return (rgb.mean(2) < 0.6).astype(np.float32)


def test_what_is_known_stays_and_nothing_is_outside_the_hole(
    model: InpaintingModel, new: NewView, tmp_path: Path
) -> None:
    watcher = Watcher()
    painter = outpainter(model, tmp_path, replace(SETTINGS, prior_images=2), watcher)
    color, mask = painter.paint(new, 0)
    assert (color.shape, color.dtype, mask.shape, mask.dtype) == ((N, N, 3), torch.float32, (N, N), torch.bool)
    assert torch.equal(color[new.known], new.color[new.known])
    assert mask[new.known].all()
    assert not mask[~(new.known | new.hole)].any()
    assert (color[~mask] == 1).all()
    assert {report.phase: report.total for report in watcher.reports} == {
        "Painting other objects of the kind": 2 * 2, "Learning the object for view 2": 3, "Painting view 2": 2 * 2,
    }  # fmt: skip
    assert [phase.text for phase, _ in painter.phases(1)] == watcher.phases[1:]


def test_same_seed_same_bits_whatever_was_painted_before(model: InpaintingModel, new: NewView, tmp_path: Path) -> None:
    color, mask = outpainter(model, tmp_path / "a").paint(new, 3)
    assert not torch.equal(outpainter(model, tmp_path / "b").paint(new, 4)[0], color)
    again = outpainter(model, tmp_path / "b").paint(new, 3)
    assert torch.equal(again[0], color)
    assert torch.equal(again[1], mask)


def test_each_view_has_noise_of_its_own(model: InpaintingModel, new: NewView, tmp_path: Path) -> None:
    plain = replace(SETTINGS, personalization_steps=0, candidates=1, strength=1.0)
    later = replace(new, earlier=[*new.earlier, new.earlier[0]])
    one, other = (outpainter(model, tmp_path, plain).paint(view, 0)[0] for view in (new, later))
    assert not torch.equal(one, other)


def test_it_learns_the_views_so_far(model: InpaintingModel, new: NewView, tmp_path: Path) -> None:
    color, _ = outpainter(model, tmp_path / "a").paint(new, 0)
    red = replace(new.earlier[0], color=torch.ones(N, N, 3) * torch.tensor([1.0, 0, 0]))
    assert not torch.equal(outpainter(model, tmp_path / "b").paint(replace(new, earlier=[red]), 0)[0], color)
    without = replace(SETTINGS, personalization_steps=0)
    plain, other = (
        outpainter(model, tmp_path / "c", without).paint(replace(new, earlier=[view]), 0)[0]
        for view in (new.earlier[0], red)
    )
    assert torch.equal(plain, other)


@pytest.mark.parametrize("kind", ["lora", "full"])
def test_stopped_while_learning_and_while_painting(
    model: InpaintingModel, new: NewView, tmp_path: Path, kind: str
) -> None:
    settings = replace(SETTINGS, personalization=kind)
    whole, _ = outpainter(model, tmp_path / "whole", settings).paint(new, 0)
    for phase in ("Learning the object for view 2", "Painting view 2"):
        with pytest.raises(Cancelled):
            outpainter(model, tmp_path / "parts", settings, Watcher(stop_in=phase)).paint(new, 0)
    watcher = Watcher()
    color, _ = outpainter(model, tmp_path / "parts", settings, watcher).paint(new, 0)
    assert torch.equal(color, whole)
    assert ("Learning the object for view 2" in watcher.phases) == (kind == "full")  # adapters were learned before


def test_the_best_candidate_keeps_what_is_known_and_stays_in_the_hull(new: NewView) -> None:
    right = torch.where(new.known[..., None], new.color, 0.0)
    inside = new.known | new.hole
    assert disagreement(right, inside, new) == 0
    assert disagreement(right, new.known, new) == 0  # the hull asks for more than there is
    assert disagreement(right + 0.1, inside, new) == pytest.approx(0.1, abs=1e-6)
    everywhere = torch.ones_like(inside)
    assert disagreement(right, everywhere, new) == pytest.approx(float((~inside).float().mean()))
    assert disagreement(right, ~everywhere, new) == 1


def test_sides_are_named_as_one_sees_them() -> None:
    names = [side_of(camera_at(place, 8)) for place in (*RING, *CAPS)]
    assert names == ["front", "right", "left", "right", "left", "right", "left", "behind", "above", "below"]
