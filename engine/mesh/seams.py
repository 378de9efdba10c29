# SPDX-License-Identifier: GPL-3.0-or-later
"""A pattern that goes on across the seams of texture coordinates, as far as shifting the charts can do that."""

from __future__ import annotations

import numpy as np

from engine.geometry.parts import connected
from engine.geometry.triangles import Floats, Triangles
from engine.mesh.charts import adjacent, edge_corners

FITS = 0.02
"""By how much the two sides of a seam may miss each other, where the pattern has a size of 1."""


def aligned_at_seams(mesh: Triangles, coordinates: Floats) -> Floats:
    """`coordinates` (F, 3, 2) of the closed `mesh` with the charts shifted: one by one, from the largest on, to where
    the longest seam with those that have their place fits. They may come to lie on each other.
    """
    faces, lengths = adjacent(mesh)
    ends = coordinates.reshape(-1, 2)[edge_corners(mesh)].astype(np.float64)
    jumps = ends[:, 0] - ends[:, 1]
    seam = jumps.any((1, 2))
    chart = connected(faces[~seam], len(mesh.faces))
    count = chart.max() + 1
    fits, shifts = np.zeros((count, count)), np.zeros((count, count, 2))
    sides, jump, length = chart[faces[seam]], jumps[seam].mean(1), lengths[seam]
    for a, b in np.unique(np.sort(sides, axis=1), axis=0):
        forwards, backwards = (sides == (a, b)).all(1), (sides == (b, a)).all(1)
        own = np.concatenate([jump[forwards], -jump[backwards]])
        shift = np.median(own, axis=0)
        near = np.linalg.norm(own - shift, axis=1) < FITS
        fits[a, b] = fits[b, a] = np.concatenate([length[forwards], length[backwards]])[near].sum()
        shifts[a, b], shifts[b, a] = shift, -shift
    place = np.zeros((count, 2))
    placed = np.arange(count) == np.bincount(chart, mesh.areas()).argmax()
    while not placed.all():
        a, b = np.unravel_index(np.where(placed[:, None] & ~placed, fits, -1).argmax(), fits.shape)
        place[b], placed[b] = place[a] + shifts[a, b], True
    return (coordinates + place[chart, None]).astype(np.float32)
