# SPDX-License-Identifier: GPL-3.0-or-later
"""The places of the orbit."""

from __future__ import annotations

import pytest
import torch

from engine.field.grid import RADIUS
from engine.methods.pop3d.cameras import CAPS, RING, WINDOW_FIELD_OF_VIEW, Place, camera_at, orbit


def test_the_orbit_grows_from_the_front_to_the_back() -> None:
    assert [place.azimuth for place in orbit("ring")] == [0, 45, -45, 90, -90, 135, -135, 180]
    assert orbit("ring+caps") == RING + CAPS


@pytest.mark.parametrize("place", [*RING, *CAPS])
def test_every_camera_looks_at_the_middle(place: Place) -> None:
    camera = camera_at(place, 64)
    torch.testing.assert_close(camera.rotation @ camera.rotation.T, torch.eye(3))
    assert torch.linalg.det(camera.rotation) == pytest.approx(1)
    places, depth = camera.project(torch.zeros(3))
    assert places.tolist() == pytest.approx([32, 32], abs=1e-4)
    assert depth == pytest.approx(RADIUS)


@pytest.mark.parametrize(
    ("place", "right", "up", "towards"),
    [
        (Place(0, 0), (1, 0, 0), (0, 0, 1), (0, -1, 0)),
        (Place(90, 0), (0, 1, 0), (0, 0, 1), (1, 0, 0)),
        (Place(180, 0), (-1, 0, 0), (0, 0, 1), (0, 1, 0)),
        (Place(0, 90), (1, 0, 0), (0, 1, 0), (0, 0, 1)),
        (Place(0, -90), (1, 0, 0), (0, -1, 0), (0, 0, -1)),
    ],
)
def test_what_is_right_up_and_near(
    place: Place, right: tuple[int, ...], up: tuple[int, ...], towards: tuple[int, ...]
) -> None:
    wanted = torch.tensor([right, up, towards], dtype=torch.float32).T
    torch.testing.assert_close(camera_at(place, 16).rotation, wanted, atol=1e-6, rtol=0)


def test_the_unit_sphere_fills_three_fifths_of_the_picture() -> None:
    """The line of sight that touches it is 19.5 degrees off the axis, the picture's border 30."""
    top = torch.tensor([0.0, -1 / 3, 8**0.5 / 3])
    places, _ = camera_at(Place(0, 0), 100).project(top)
    assert places[1] == pytest.approx(50 * (1 - (1 / 8) ** 0.5 * 3**0.5), abs=1e-3)


def test_the_window_is_the_middle_of_the_picture_that_the_unit_sphere_fills() -> None:
    top = torch.tensor([0.0, -1 / 3, 8**0.5 / 3])
    places, depth = camera_at(Place(0, 0), 100, WINDOW_FIELD_OF_VIEW).project(top)
    assert places.tolist() == pytest.approx([50, 0], abs=0.1)
    assert depth == camera_at(Place(0, 0), 100).project(top)[1]
