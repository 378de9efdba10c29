# SPDX-License-Identifier: GPL-3.0-or-later
"""A visible surface of few triangles."""

from __future__ import annotations

import numpy as np
import pytest

from engine.errors import StageError
from engine.geometry.image_map import pixel_centres
from engine.geometry.triangles import signed_areas
from engine.mesh.budget import is_manifold, within_budget
from engine.mesh.front import drape_mesh
from engine.mesh.mesh import Mesh

N = 96


@pytest.fixture(scope="module")
def dense() -> Mesh:
    """A dome with a hole, and a thin bar beside it; the virtual texture is bent."""
    x, y = np.moveaxis(pixel_centres(N), -1, 0)
    away = np.hypot(x + 0.2, y)
    coverage = (((away < 0.7) & (away > 0.2)) | ((np.abs(x - 0.75) < 0.04) & (np.abs(y) < 0.8))).astype(float)
    depth = np.where(coverage > 0, 0.6 * np.sqrt(np.maximum(0.6 - away**2, 0.05)), np.nan)
    coordinates = pixel_centres(N) + 0.1 * np.stack([np.sin(2 * y), np.cos(2 * x)], -1)
    return drape_mesh(depth, coordinates, coverage, size=1.0)


def area(uv: np.ndarray) -> float:
    return float(signed_areas(uv).sum())


@pytest.mark.parametrize("faces", [500, 2000])
def test_it_keeps_outline_and_both_textures(dense: Mesh, faces: int) -> None:
    mesh = within_budget(dense, faces)
    assert faces / 2 < len(mesh.faces) <= faces
    assert is_manifold(mesh.faces.astype(np.int64))
    for before, after in (
        (dense.uv_picture, mesh.uv_picture),
        (dense.uv_virtual_texture, mesh.uv_virtual_texture),
    ):
        assert area(after) == pytest.approx(area(before.reshape(-1, 2)[dense.triangles]), rel=0.01)
    np.testing.assert_allclose(np.ptp(mesh.vertices, axis=0), np.ptp(dense.vertices, axis=0), rtol=0.02)
    # The picture lies on the surface as it did, and the virtual texture as on the dense mesh.
    per_metre = np.ptp(dense.uv_picture[..., 1]) / np.ptp(dense.vertices[:, 2])
    offset = mesh.uv_picture - mesh.vertices[mesh.faces][..., [0, 2]] * per_metre
    assert np.ptp(offset.reshape(-1, 2), axis=0) == pytest.approx(0, abs=1e-4)
    place = 2 * mesh.uv_picture.astype(float) - 1
    bent = place + 0.1 * np.stack([np.sin(2 * place[..., 1]), np.cos(2 * place[..., 0])], -1)
    np.testing.assert_allclose(2 * mesh.uv_virtual_texture - 1, bent, atol=0.01)


def test_a_mesh_with_few_faces_stays(dense: Mesh) -> None:
    assert within_budget(dense, len(dense.triangles)) is dense


def test_what_can_not_be_is_told(dense: Mesh) -> None:
    with pytest.raises(StageError, match="triangles"):
        within_budget(dense, 3)
