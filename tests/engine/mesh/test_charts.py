# SPDX-License-Identifier: GPL-3.0-or-later
"""Charts are the sides of a mesh."""

from __future__ import annotations

import numpy as np
import pytest

from engine.mesh.charts import adjacent, charts, cut_out
from tests.engine.mesh.shapes import shape


@pytest.mark.parametrize(("name", "most"), [("sphere", 6), ("torus", 10), ("slab", 6), ("mug", 14)])
def test_charts_are_few(name: str, most: int) -> None:
    assert 1 < charts(shape(name)).max() + 1 <= most


def test_the_front_is_one_chart() -> None:
    """And goes farther round than the back does."""
    mesh = shape("sphere")
    chart, towards = charts(mesh), mesh.face_normals()[:, 1]
    front, back = (chart[np.argmax(sign * towards)] for sign in (-1, 1))
    assert (chart[towards < -0.8] == front).all()
    assert (chart == front).mean() > 1.3 * (chart == back).mean()


def test_ripples_make_no_charts_nor_longer_seams() -> None:
    mesh = shape("sphere")
    smooth = charts(mesh)
    noise = np.random.default_rng(0).normal(scale=0.006, size=mesh.vertices.shape)
    mesh.vertices[:] += noise.astype(np.float32)
    faces, lengths = adjacent(mesh)
    rough = charts(mesh)
    assert rough.max() == smooth.max()
    seams = [lengths[chart[faces[:, 0]] != chart[faces[:, 1]]].sum() for chart in (smooth, rough)]
    assert seams[1] < 1.1 * seams[0]


def test_a_fold_is_cut_out_with_what_is_round_it() -> None:
    mesh = shape("sphere")
    chart = charts(mesh)
    folded = np.zeros(len(chart), bool)
    folded[np.argmin(mesh.face_normals()[:, 1])] = True
    finer = cut_out(chart, folded, mesh)
    assert finer.max() == chart.max() + 1
    assert 4 <= (finer == finer[folded]).sum() < 20
    finest = cut_out(finer, folded, mesh)  # which now is a chart that would go as a whole
    assert (finest == finest[folded]).sum() < (finer == finer[folded]).sum()


def test_without_folds_nothing_is_cut() -> None:
    mesh = shape("torus")
    chart = charts(mesh)
    assert cut_out(chart, np.zeros(len(chart), bool), mesh).max() == chart.max()
