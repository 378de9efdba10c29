# SPDX-License-Identifier: GPL-3.0-or-later
"""What earlier views have seen of a new one."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest
import torch
from scipy.ndimage import binary_dilation, binary_erosion
from torch.nn import functional as F

from engine.field.grid import voxel_centres
from engine.field.view import View
from engine.geometry.camera import Camera
from engine.geometry.triangles import RayCaster, Triangles
from engine.mesh.iso_surface import iso_surface
from engine.methods.pop3d.cameras import Place, camera_at
from engine.methods.pop3d.outpainting_mask import (
    outpainting_mask,
    seen_by_warping,
    sightings,
    with_smooth_outline,
    without_spikes,
)
from tests.engine.field.analytic_views import sphere_view, square_view

FRONT, OBLIQUE, SIDE, BACK = (camera_at(Place(azimuth, 0), 64) for azimuth in (0, 45, 90, 180))
RADIUS = 0.7


def seen_by_casting(views: Sequence[View], surface: RayCaster, camera: Camera) -> np.ndarray:
    """The pixels (N, N) whose points one of the views saw."""
    shown, _, found = sightings(views, surface, camera)
    seen = np.zeros_like(shown)
    seen[shown] = torch.stack([cosine for _, cosine in found]).amax(0).numpy() > 0
    return seen


both_ways = pytest.mark.parametrize("seen_by", [seen_by_casting, seen_by_warping])


@pytest.fixture(scope="module")
def ball() -> RayCaster:
    return RayCaster(iso_surface((voxel_centres(64).norm(dim=-1) - RADIUS).numpy()))


@both_ways
def test_a_view_has_seen_itself(ball: RayCaster, seen_by: Callable[..., np.ndarray]) -> None:
    view = sphere_view(FRONT, RADIUS)
    seen = seen_by([view], ball, FRONT)
    assert seen[view.mask.numpy()].mean() > 0.93  # all but the rim


@pytest.mark.parametrize(
    ("seen_by", "min_cosine", "overlap"), [(seen_by_casting, 0.2, 0.94), (seen_by_warping, 0, 0.85)]
)
def test_the_seen_part_of_a_sphere(
    ball: RayCaster, seen_by: Callable[..., np.ndarray], min_cosine: float, overlap: float
) -> None:
    """A point of the new view was seen where its normal is turned towards the earlier camera."""
    front, oblique = FRONT.resized(128), OBLIQUE.resized(128)
    new = sphere_view(oblique, RADIUS)
    points = oblique.eye + new.depth[..., None] * oblique.rays()
    cosine = (F.normalize(front.eye - points, dim=-1) * new.normal).sum(-1)
    truth = (cosine > min_cosine).numpy() & new.mask.numpy()
    seen = seen_by([sphere_view(front, RADIUS)], ball, oblique)
    assert (seen & truth).sum() > overlap * (seen | truth).sum()
    assert seen[new.mask.numpy() & ~truth].mean() < 0.02


@both_ways
def test_the_back_has_not_been_seen(ball: RayCaster, seen_by: Callable[..., np.ndarray]) -> None:
    assert seen_by([sphere_view(FRONT, RADIUS)], ball, BACK).mean() < 0.001


@both_ways
def test_what_is_hidden_in_the_new_view_is_not_taken_for_seen(seen_by: Callable[..., np.ndarray]) -> None:
    """A screen stands in the new view's way, which the earlier view looks past."""
    plane = square_view(FRONT, 0.5, 3.0)
    screen = Triangles(
        np.array([[0.3, -1.2, -1], [0.9, -0.6, -1], [0.9, -0.6, 1], [0.3, -1.2, 1]], np.float32),
        np.array([[0, 1, 2], [0, 2, 3]]),
    )
    hidden = seen_by([plane], RayCaster(_with_square(screen)), OBLIQUE)
    free = seen_by([plane], RayCaster(_with_square(None)), OBLIQUE)
    assert free.sum() > 80
    assert hidden.sum() < 0.25 * free.sum()


def test_a_plane_warps_to_its_own_mask() -> None:
    """Without holes, and not farther than the pixels that its edge touches."""
    square = RayCaster(_with_square(None))
    seen = seen_by_warping([square_view(FRONT, 0.5, 3.0)], square, OBLIQUE)
    truth = square.view(OBLIQUE)[0] >= 0
    assert truth.sum() > 200
    assert seen[binary_erosion(truth)].all()
    assert not seen[~binary_dilation(truth, np.ones((3, 3), bool))].any()


def test_what_remains_to_be_painted() -> None:
    hull = np.zeros((16, 16), bool)
    hull[1:15, 1:15] = True
    seen = np.zeros_like(hull)
    seen[:, :4] = True
    seen[:, 5:7] = True  # leaves a seam in column 4
    seen[7, 11] = True  # a speck
    painted = outpainting_mask(hull, seen)
    assert not painted[:, :7].any()
    assert painted[2:14, 8:14].all()
    assert not (painted & ~hull).any()


def _with_square(more: Triangles | None) -> Triangles:
    square = np.array([[-0.5, 0, -0.5], [0.5, 0, -0.5], [0.5, 0, 0.5], [-0.5, 0, 0.5]], np.float32)
    faces = np.array([[0, 1, 2], [0, 2, 3]])
    if more is None:
        return Triangles(square, faces)
    return Triangles(np.concatenate([square, more.vertices]), np.concatenate([faces, more.faces + 4]))


def test_spikes_and_specks_go_and_thin_parts_stay() -> None:
    body = np.zeros((48, 48), bool)
    body[10:30, 10:30] = True
    leg = body.copy()
    leg[30:46, 14] = True
    found = leg.copy()
    found[20, 30:36] = found[4, 4] = found[8:10, 20:22] = True
    np.testing.assert_array_equal(without_spikes(found), leg)


def test_an_outline_without_rags() -> None:
    """Teeth and holes of some pixels go, and crumbs; a bar of four stays, and a second part."""
    whole = np.zeros((256, 256), bool)
    whole[60:200, 60:150] = whole[60:64, 150:220] = True
    ragged = whole.copy()
    ragged[100:103, 100:103] = False
    ragged[60:200:4, 58:60] = True
    ragged[20:30, 20:30] = ragged[20:40, 200:220] = True
    smooth = with_smooth_outline(ragged)
    assert smooth[100:103, 100:103].all()
    assert (smooth[66:194, 57:63] == smooth[66, 57:63]).all()
    assert smooth[60:64, 150:215].all()
    assert not smooth[15:35, 15:35].any()
    assert smooth[22:38, 202:218].all()
