# SPDX-License-Identifier: GPL-3.0-or-later
"""The alignment prior's examples and its loss."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from engine.geometry.image_map import identity_map
from engine.geometry.inflation import inflate
from engine.training.alignment_prior import Examples, conformal_error, coordinate_loss, make_examples, turned
from engine.training.pool import make_shard

N = 32


def balloon(_: NDArray[np.float32], mask: NDArray[np.bool_]) -> NDArray[np.floating]:
    return inflate(mask)


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Examples:
    folder = tmp_path_factory.mktemp("examples")
    make_shard(folder / "views.safetensors", "single", 2, 64, seed=0)
    file = make_examples(folder / "views.safetensors", balloon, "balloon")
    first = file.read_bytes()
    assert make_examples(folder / "views.safetensors", balloon, "balloon") == file
    assert file.read_bytes() == first
    assert make_examples(folder / "views.safetensors", lambda _, mask: 0 * inflate(mask), "flat") != file
    return Examples([file])


def test_examples_hold_pictures_with_start_and_truth(examples: Examples) -> None:
    assert len(examples) >= 4
    picture, mask, start, true = examples.batch(torch.arange(len(examples)), torch.device("cpu"))
    assert picture.shape[1:] == (3, 64, 64)
    assert 0 <= picture.min() < picture.max() <= 1
    identity = identity_map(64, picture)
    for coordinates in (start, true):
        outside = (coordinates - identity).abs().amax(1, keepdim=True)[mask < 0.5]
        assert outside.median() < 1e-3  # half precision
        assert coordinates.isfinite().all()
    assert coordinate_loss(true, true, mask) < 0.01 < coordinate_loss(start, true, mask)


def test_turning_keeps_examples_together(examples: Examples) -> None:
    picture, mask, start, true = examples.batch(torch.arange(2), torch.device("cpu"))
    four = turned([picture, mask], [start, true], False, 4)
    assert all(torch.equal(a, b) for a, b in zip(four, (picture, mask, start, true), strict=True))
    once = turned([picture, mask], [start, true], True, 0)
    twice = turned(once[:2], once[2:], True, 0)
    assert torch.equal(twice[3], true)
    aside = turned([picture, mask], [start, true], True, 1)
    before, after = coordinate_loss(start, true, mask), coordinate_loss(aside[2], aside[3], aside[1])
    assert float(after) == pytest.approx(float(before), rel=0.05)


def test_loss_sees_angles_and_not_similarities() -> None:
    identity = identity_map(N, torch.empty(0))
    mask = torch.ones(1, 1, N, N)
    x, y = identity[:, :1], identity[:, 1:]
    turned_and_scaled = 2 * torch.cat([-y, x], 1)
    assert conformal_error(turned_and_scaled, identity).max() < 1e-3
    # stretched by 3 along x: |d| / |c| = (3 - 1) / (3 + 1), so 0.5 / sqrt(1.25)
    stretched = torch.cat([3 * x, y], 1)
    torch.testing.assert_close(conformal_error(stretched, identity), torch.full((1, 1, N - 1, N - 1), 0.2**0.5))
    mirrored = torch.cat([-x, y], 1)
    assert conformal_error(mirrored, identity).min() > 0.999
    assert coordinate_loss(identity, identity, mask) < 0.01 < coordinate_loss(stretched, identity, mask)
