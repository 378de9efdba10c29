# SPDX-License-Identifier: GPL-3.0-or-later
"""Where POP3D's pictures are taken from.

The object lies in the cube of edge 2 round the origin, the cameras on the sphere of RADIUS, all looking at its
centre with 60 degrees of view, 45 degrees apart (Ryu et al. 2023, section 4). The paper leaves the order and the
elevation open: here the orbit grows from both sides of the picture to the back, at elevation 0.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch

from engine.field.grid import RADIUS
from engine.geometry.camera import Camera

FIELD_OF_VIEW = 60.0
WINDOW = 1.06
"""Half side, at the object's centre, of the middle of the pictures that the unit sphere fills: nothing else of them
is ever computed.
"""
WINDOW_FIELD_OF_VIEW = math.degrees(2 * math.atan(WINDOW / RADIUS))


class Place(NamedTuple):
    """A place on the sphere, in degrees; the picture's own is (0, 0)."""

    azimuth: int
    """Positive towards the world's +x, the right of the picture."""
    elevation: int


RING = tuple(Place(azimuth, 0) for azimuth in (0, 45, -45, 90, -90, 135, -135, 180))
CAPS = (Place(0, 90), Place(0, -90))
"""From right above and right below, the picture's upward direction away from the front and towards it."""


def orbit(views: str) -> tuple[Place, ...]:
    """The places of `views`, "ring" or "ring+caps", in the order in which the orbit grows."""
    return {"ring": RING, "ring+caps": RING + CAPS}[views]


def camera_at(place: Place, size: int, fov: float = FIELD_OF_VIEW) -> Camera:
    """The camera at `place` that takes a picture of `size` x `size` pixels; with another `fov`, degrees, a larger or
    smaller part of the same picture.
    """
    azimuth, elevation = (math.radians(angle) for angle in place)
    right = torch.tensor([math.cos(azimuth), math.sin(azimuth), 0.0])
    level = torch.tensor([math.sin(azimuth), -math.cos(azimuth), 0.0])  # towards the camera, in the plane z = 0
    z = torch.tensor([0.0, 0.0, 1.0])
    back = math.cos(elevation) * level + math.sin(elevation) * z
    up = math.cos(elevation) * z - math.sin(elevation) * level
    matrix = torch.eye(4)
    matrix[:3] = torch.stack([right, up, back, RADIUS * back], 1)
    return Camera(matrix, size, fov)
