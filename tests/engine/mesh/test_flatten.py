# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be laid flat is, as it stands."""

from __future__ import annotations

import numpy as np
import pytest

from engine.geometry.triangles import Triangles
from engine.mesh.flatten import facing, flattened


def strip(bend: float) -> Triangles:
    """A sheet 2 wide and 1 high that faces -Y, bent about Z by `bend` radians to each side."""
    s, z = (axis.ravel() for axis in np.meshgrid(np.linspace(-1, 1, 33), np.linspace(0, 1, 17)))
    places = np.stack([np.sin(bend * s) / bend, -np.cos(bend * s) / bend, z], 1).astype(np.float32)
    corner = np.arange(33 * 17).reshape(17, 33)
    a, b, c, d = (corner[i : i + 16, k : k + 32].ravel() for i in (0, 1) for k in (0, 1))
    return Triangles(places, np.concatenate([np.stack([a, b, d], 1), np.stack([a, d, c], 1)]))


def test_a_bent_strip_unrolls() -> None:
    mesh = strip(1.4)
    one = np.zeros(len(mesh.faces), np.int64)
    s = np.arctan2(mesh.vertices[:, 0], -mesh.vertices[:, 1]) / 1.4
    expected = np.stack([s, mesh.vertices[:, 2] - 0.5], 1)[mesh.faces]
    found = flattened(mesh, one)
    assert facing(mesh, one) == pytest.approx(np.array([[0, -1, 0]]), abs=1e-6)
    assert found - found.mean((0, 1)) == pytest.approx(expected - expected.mean((0, 1)), abs=0.015)


def test_charts_are_flattened_by_themselves() -> None:
    mesh = strip(1.4)
    right = (mesh.vertices[mesh.faces].mean(1)[:, 0] > 0).astype(np.int64)
    both, alone = (
        flattened(mesh, right),
        flattened(Triangles(mesh.vertices, mesh.faces[right == 1]), right[right == 1] - 1),
    )
    found = both[right == 1]
    assert found - found.mean((0, 1)) == pytest.approx(alone - alone.mean((0, 1)), abs=1e-5)


@pytest.mark.parametrize("side", [1, -1])
def test_what_lies_is_as_if_tipped(side: int) -> None:
    """Seen from above the back is up, seen from below the front."""
    mesh = strip(0.3)
    lying = Triangles(mesh.vertices[:, [0, 2, 1]] * np.array([1, side, -side], np.float32), mesh.faces)
    found = flattened(lying, np.zeros(len(mesh.faces), np.int64))
    v, y = found[..., 1], side * lying.vertices[lying.faces][..., 1]
    assert np.polyfit(y.ravel(), v.ravel(), 1)[0] == pytest.approx(1, abs=0.05)
