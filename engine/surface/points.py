# SPDX-License-Identifier: GPL-3.0-or-later
"""Clicks on a picture: places that are known to be on the object or off it."""

from __future__ import annotations

import re
from typing import NamedTuple

from engine.errors import InputError


class Point(NamedTuple):
    """A place in the upright picture's pixels, y down."""

    x: float
    y: float
    on: bool
    """Whether it is on the object."""


def parse(text: str) -> tuple[Point, ...]:
    """The points in `text`, such as "120,80 200,96 !30,40": x,y each, an exclamation mark before those off the object.

    Raises InputError for another text.
    """
    points = []
    for word in text.split():
        match = re.fullmatch(r"(!?)(\d+(?:\.\d*)?),(\d+(?:\.\d*)?)", word)
        if match is None:
            raise InputError("point-unreadable", word=word)
        points.append(Point(float(match[2]), float(match[3]), not match[1]))
    return tuple(points)
