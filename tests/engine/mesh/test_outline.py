# SPDX-License-Identifier: GPL-3.0-or-later
"""A mesh takes over an outline."""

from __future__ import annotations

import numpy as np
import pytest

from engine.field.grid import voxel_centres
from engine.field.view import View
from engine.geometry.triangles import RayCaster, Triangles
from engine.mesh.iso_surface import iso_surface
from engine.mesh.outline import fitted_to_outline
from engine.mesh.simplify import is_closed
from engine.methods.pop3d.cameras import WINDOW_FIELD_OF_VIEW, Place, camera_at
from tests.engine.field.analytic_views import sphere_view
from tests.engine.mesh.shapes import signed_volume

CAMERA = camera_at(Place(0, 0), 192, WINDOW_FIELD_OF_VIEW)


@pytest.fixture(scope="module")
def ball() -> Triangles:
    return iso_surface((voxel_centres(48).norm(dim=-1) - 0.7).numpy())


def overlap(mesh: Triangles, view: View) -> float:
    ours, theirs = RayCaster(mesh).view(view.camera)[0] >= 0, view.mask.numpy()
    return float((ours & theirs).sum() / (ours | theirs).sum())


@pytest.mark.parametrize("radius", [0.685, 0.715])
def test_a_sphere_becomes_larger_and_smaller(ball: Triangles, radius: float) -> None:
    view = sphere_view(CAMERA, radius)
    fitted = fitted_to_outline(ball, view)
    assert overlap(ball, view) < 0.965
    assert overlap(fitted, view) > 0.99
    assert is_closed(fitted)
    assert signed_volume(fitted) > 0


def test_vertices_keep_their_depth_and_those_at_the_middle_their_place(ball: Triangles) -> None:
    fitted = fitted_to_outline(ball, sphere_view(CAMERA, 0.715))
    np.testing.assert_allclose(fitted.vertices[:, 1], ball.vertices[:, 1], atol=1e-5)
    middle = np.linalg.norm(ball.vertices[:, [0, 2]], axis=1) < 0.4
    np.testing.assert_allclose(fitted.vertices[middle], ball.vertices[middle], atol=1e-3)


def test_no_face_turns_over(ball: Triangles) -> None:
    """The outline is shifted: on one side the mesh is pushed together, on the other drawn out."""
    fitted = fitted_to_outline(ball, sphere_view(CAMERA, 0.7, (0.02, 0, 0)))
    assert (np.einsum("fc,fc->f", fitted.face_normals(), ball.face_normals()) > 0).all()


def test_another_outline_is_left_alone(ball: Triangles) -> None:
    fitted = fitted_to_outline(ball, sphere_view(CAMERA, 0.4))
    np.testing.assert_array_equal(fitted.vertices, ball.vertices)
