# SPDX-License-Identifier: GPL-3.0-or-later
"""Charts of meshes of which one knows how they can be laid out."""

from __future__ import annotations

import pytest

from engine.mesh.iso_surface import iso_surface
from engine.mesh.triangles import Floats, Triangles
from engine.mesh.unwrap import unwrap
from engine.pop3d.quality import stretch
from engine.sdf.grid import voxel_centres

SIZE = 256


@pytest.fixture(scope="module", params=["sphere", "torus"])
def mesh(request: pytest.FixtureRequest) -> Triangles:
    x, y, z = voxel_centres(48).unbind(-1)
    distance = {
        "sphere": (x**2 + y**2 + z**2).sqrt() - 0.7,
        "torus": ((x.hypot(z) - 0.55) ** 2 + y**2).sqrt() - 0.25,
    }[request.param]
    return iso_surface(distance.numpy())


@pytest.fixture(scope="module")
def coordinates(mesh: Triangles) -> Floats:
    return unwrap(mesh, SIZE)


def test_angles_are_kept(mesh: Triangles, coordinates: Floats) -> None:
    assert stretch(mesh, coordinates)[1] < 1.5
