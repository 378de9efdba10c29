# SPDX-License-Identifier: GPL-3.0-or-later
"""Texture coordinates without overlap for a closed mesh."""

from __future__ import annotations

import numpy as np
import xatlas
from numpy.typing import NDArray

from engine.geometry.triangles import Floats, Ints, RayCaster, Triangles, signed_areas
from engine.mesh.charts import charts, cut_out
from engine.mesh.flatten import facing, flattened

PADDING = 3
"""Texels between charts."""
FILLED = 0.55
"""Share of the texture that the charts fill, about."""
LEAST_AREA = 1e-3
"""Of a triangle in the texture, by its area on the mesh: one with less is folded."""
SAMPLES = np.array([[8, 1, 1], [1, 8, 1], [1, 1, 8], [10 / 3, 10 / 3, 10 / 3]], np.float32) / 10
"""Barycentric places at which a triangle may not lie on another."""


def unwrap(mesh: Triangles, size: int) -> Floats:
    """Texture coordinates (F, 3, 2), 0..1, u right and v up, of the corners of `mesh`'s faces.

    Few upright charts of one density, none mirrored, packed for a texture of `size` x `size` texels. What folds, or
    lies on other parts of its chart, is cut out and gets its own.
    """
    chart = charts(mesh)
    while True:
        packed = _packed(flattened(mesh, chart), chart, size)
        finer = cut_out(chart, _folded(packed, mesh, chart), mesh)
        if finer.max() == chart.max():
            return packed
        chart = finer


def _packed(flat: NDArray[np.float64], chart: Ints, size: int) -> Floats:
    """`flat` (F, 3, 2), with each `chart` (F,) moved to a place of its own, and all scaled alike to 0..1 (xatlas)."""
    atlas = xatlas.Atlas()
    corners = np.arange(3 * len(flat), dtype=np.uint32).reshape(-1, 3)
    atlas.add_uv_mesh(flat.reshape(-1, 2).astype(np.float32), corners, chart[:, None].astype(np.uint32))
    options = xatlas.PackOptions()
    options.rotate_charts = options.rotate_charts_to_axis = False  # they are upright, and some would be mirrored
    options.padding, options.bilinear = PADDING, True
    options.texels_per_unit = size * np.sqrt(FILLED / np.abs(signed_areas(flat)).sum())
    atlas.generate(xatlas.ChartOptions(), options)
    _, faces, coordinates = atlas[0]
    shape = np.array([atlas.width, atlas.height], np.float32)  # about `size` each; xatlas has scaled both to 0..1
    return np.asarray(coordinates, np.float32)[faces] * (shape / shape.max())


def _folded(packed: Floats, mesh: Triangles, chart: Ints) -> NDArray[np.bool_]:
    """Which faces (F,) are turned over in the texture, or flat, or lie on others; of two such the outer one."""
    area, on_mesh = signed_areas(packed.astype(np.float64)), mesh.areas()
    folded = area / area.sum() < LEAST_AREA * on_mesh / on_mesh.sum()
    layers = np.empty((len(packed), 3, 3), np.float32)
    layers[..., :2], layers[..., 2] = packed, np.linspace(0, 1, len(packed))[:, None]
    caster = RayCaster(Triangles(layers.reshape(-1, 3), np.arange(3 * len(packed)).reshape(-1, 3)))
    places = np.einsum("sk,fkc->sfc", SAMPLES, packed).reshape(-1, 2)
    up = np.broadcast_to(np.array([0, 0, 1], np.float32), (len(places), 3))
    above, _ = caster.first_hits(np.insert(places, 2, 2, axis=1), -up)
    below, _ = caster.first_hits(np.insert(places, 2, -1, axis=1), up)
    pairs = np.stack([above, below], 1)[(above >= 0) & (below >= 0)]
    common = (mesh.faces[pairs[:, 0], :, None] == mesh.faces[pairs[:, 1], None, :]).sum((1, 2))
    pairs = pairs[common < 2]  # a ray may pass between neighbours
    outwards = np.einsum("fkc,fc->f", mesh.vertices[mesh.faces], facing(mesh, chart)[chart])
    folded[np.take_along_axis(pairs, outwards[pairs].argmax(1)[:, None], 1)] = True
    return folded
