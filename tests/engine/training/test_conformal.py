# SPDX-License-Identifier: GPL-3.0-or-later
"""The truth that the alignment prior learns: conformal coordinates of visible surfaces."""

from __future__ import annotations

import numpy as np
import torch

from engine.geometry.distortion import distortion
from engine.training.conformal import conformal_coordinates, relief
from engine.training.pool import random_views
from engine.training.random_numbers import RandomNumbers
from engine.training.views import gathered, unpack
from tests.engine.geometry.spectral_map import flatten

N = 48


def test_visible_surfaces_are_flattened_conformally() -> None:
    found = 0
    for seed in range(3):
        views = unpack(
            gathered(random_views(RandomNumbers(torch.Generator().manual_seed(seed)), "single", N)), torch.device("cpu")
        )
        for depth, mask in zip(views.depth[:, 0].double().numpy(), views.mask[:, 0].numpy() > 0, strict=True):
            coordinates = conformal_coordinates(depth, mask)
            if coordinates is None:
                continue
            found += 1
            surface, inside = relief(depth, mask), np.isfinite(coordinates[..., 0])
            figures = distortion(surface, coordinates, inside)
            assert figures.conformal_energy < 0.05
            assert figures.foldovers <= 0.03 * inside.sum()
            spectral = distortion(surface, flatten(surface, mask), inside)
            assert figures.stretch_angle < 1.3 * spectral.stretch_angle + 1
            assert figures.stretch_area <= spectral.stretch_area + 1
    assert found >= 6


def test_relief_takes_out_occlusions_and_nothing_else() -> None:
    rows, columns = np.mgrid[:N, :N] / N
    mask = np.ones((N, N), bool)
    smooth = 0.3 * rows + 0.2 * columns**2
    assert (relief(smooth, mask) == smooth).all()
    stepped = smooth + (columns > 0.5) * (rows > 0.2)
    flat = relief(stepped, mask)
    below = np.s_[N // 2 :, : N // 2 - 1]
    assert np.ptp((flat - stepped)[below]) < 0.25  # the parts keep their shapes
    jump = np.abs(np.diff(flat, axis=1)).max()
    assert jump < 0.2
