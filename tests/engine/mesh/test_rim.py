# SPDX-License-Identifier: GPL-3.0-or-later
"""The rim of a disc as a smooth curve in space."""

from __future__ import annotations

import numpy as np
import pytest

from engine.mesh.rim import DEEP, Rim, smooth_depth

SIDES, RINGS = 240, 20
ANGLE = np.arange(SIDES) * 2 * np.pi / SIDES


def disc() -> tuple[np.ndarray, np.ndarray, Rim]:
    """Vertices (V, 2) on rings of radius 0.3 to 0.8, the outermost last; its faces; its outer rim."""
    radii = np.linspace(0.3, 0.8, RINGS)
    positions = (radii[:, None, None] * np.stack([np.cos(ANGLE), np.sin(ANGLE)], 1)).reshape(-1, 2)
    number = np.arange(RINGS * SIDES).reshape(RINGS, SIDES)
    after = np.roll(number, -1, axis=1)
    faces = np.stack([number[:-1], number[1:], after[1:], after[:-1]], -1).reshape(-1, 4)
    return positions, faces, Rim(number[-1], np.roll(np.arange(SIDES), -1))


def roughness(rim: np.ndarray) -> float:
    return float(np.sqrt(((np.roll(rim, 1) + np.roll(rim, -1) - 2 * rim) ** 2).mean()))


def test_teeth_go_and_the_surface_behind_stays() -> None:
    positions, faces, rim = disc()
    whole = 0.2 * positions[:, 0] + 0.1 * positions[:, 1] ** 2
    teeth = np.zeros(len(positions))
    teeth[rim.vertices] = 0.05 * np.random.default_rng(0).standard_normal(SIDES)
    smooth = smooth_depth(whole + teeth, positions, faces, rim)
    assert roughness(smooth[rim.vertices]) < 0.05 * roughness((whole + teeth)[rim.vertices])
    assert np.abs(smooth - whole)[rim.vertices].mean() < 0.5 * np.abs(teeth[rim.vertices]).mean()
    deep = np.linalg.norm(positions, axis=1) < 0.8 - 4 * DEEP
    assert np.abs(smooth - whole)[deep].max() < 0.002


def test_slow_waves_stay() -> None:
    positions, faces, rim = disc()
    wave = 0.1 * np.tile(np.cos(2 * ANGLE), RINGS)
    np.testing.assert_allclose(smooth_depth(wave, positions, faces, rim), wave, atol=2e-3)


def test_two_rims_do_not_touch_each_other() -> None:
    positions, faces, outer = disc()
    number = np.arange(SIDES)
    both = Rim(
        np.concatenate([outer.vertices, number]),
        np.concatenate([outer.following, SIDES + np.roll(number, 1)]),
    )
    z = np.where(np.linalg.norm(positions, axis=1) > 0.31, 0.0, 1.0)
    assert smooth_depth(z, positions, faces, both)[number] == pytest.approx(1.0, abs=1e-3)
