# SPDX-License-Identifier: GPL-3.0-or-later
"""A back for the visible surface, so that the two enclose a volume.

Each vertex gets another one straight behind it, and the faces between those are the front's own, turned round. Seen
from the front nothing of a surface lies on anything else of it, and the back is everywhere farther away: so the two
can't meet, whatever their shapes. A strip of quads along the rim joins them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

CELLS = 40  # along the longest side, over which the membrane's means are solved for
TOLERANCE = 1e-3  # of the membrane's residual, by the front's
ROUNDS = 500

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Faces:
    """Polygons of any number of corners."""

    corners: Ints
    """(C,) the vertex of each corner, all faces one after the other, counter-clockwise seen from outside."""
    starts: Ints
    """(F,) the number of each face's first corner."""

    @property
    def following(self) -> Ints:
        """(C,) the number of each corner's next in its face."""
        after = np.arange(1, len(self.corners) + 1)
        after[np.append(self.starts[1:], len(self.corners)) - 1] = self.starts
        return after


@dataclass(frozen=True)
class Closed:
    """A surface with its back."""

    vertices: Floats
    """(2 V, 3): the front's, then the back's in the same order."""
    faces: Faces
    """The front's, the back's, and the strips between."""
    corner_of: Ints
    """(C,) the corner of the front that each corner has its texture coordinates of."""
    front_faces: int
    """F: how many of the faces are the front's; as many of the back's follow."""


def rim_of(faces: Faces, count: int) -> Ints:
    """Numbers (R,) of the corners from which an edge goes that no other face of a mesh of `count` vertices shares."""
    start, end = faces.corners, faces.corners[faces.following]
    return np.flatnonzero(~np.isin(start * count + end, end * count + start))


def closed(vertices: Floats, faces: Faces, *, mirror: bool, thickness: float) -> Closed:
    """The open surface of `vertices` (V, 3) and `faces`, which faces -Y, with a back.

    mirror: the back is the front's mirror image behind a membrane through the rim, where that lies behind the front;
    else a plane. thickness: between front and back at the least, about, in the vertices' unit; more than 0.
    """
    front = vertices[:, 1]
    rim = rim_of(faces, len(vertices))
    behind = mirrored(vertices, faces, rim, thickness) if mirror else np.full(len(front), front.max() + thickness)
    back = vertices.copy()
    back[:, 1] = behind
    turned = _turned(faces)
    after = faces.following[rim]
    strip = np.stack([after, rim, rim, after], 1)
    offset = np.array([0, 0, 1, 1]) * len(vertices)
    count = len(faces.corners)
    return Closed(
        vertices=np.concatenate([vertices, back]),
        faces=Faces(
            np.concatenate(
                [faces.corners, faces.corners[turned] + len(vertices), (faces.corners[strip] + offset).ravel()]
            ),
            np.concatenate([faces.starts, count + faces.starts, 2 * count + 4 * np.arange(len(rim))]),
        ),
        corner_of=np.concatenate([np.arange(count), turned, strip.ravel()]),
        front_faces=len(faces.starts),
    )


def mirrored(vertices: Floats, faces: Faces, rim: Ints, thickness: float) -> Floats:
    """How far behind, Y (V,), the front's mirror image lies; behind the front by half the `thickness` at the least."""
    deep = 2 * (membrane(vertices, faces, rim) - vertices[:, 1])
    # A hyperbola in place of the maximum with 0 leaves no crease where the front comes to lie behind the membrane.
    grown = (deep + np.sqrt(deep**2 + thickness**2) - thickness) / 2
    return np.asarray(vertices[:, 1] + thickness + grown)


def membrane(vertices: Floats, faces: Faces, rim: Ints) -> Floats:
    """Y (V,) of a membrane through the corners `rim`: each other vertex lies at the mean of its neighbours, nearer ones
    counting more.

    By conjugate gradients (Hestenes and Stiefel, 1952). Their steps are helped by solving for the means over CELLS as
    well (a coarse space, Nicolaides, "Deflation of conjugate gradients", 1987), since far ones would else take long to
    hear of each other.
    """
    start, end = faces.corners, faces.corners[faces.following]
    count = len(vertices)
    plane = vertices[:, [0, 2]]
    apart = np.linalg.norm(plane[start] - plane[end], axis=1)
    weight = 1 / np.maximum(apart, 1e-3 * apart.mean())
    free = np.ones(count, bool)
    free[start[rim]] = free[end[rim]] = False
    y = vertices[:, 1].astype(np.float64)
    if not free.any():
        return y

    def pull(y: Floats) -> Floats:
        tension = weight * (y[start] - y[end])
        return np.asarray(free * (np.bincount(start, tension, count) - np.bincount(end, tension, count)))

    diagonal = np.bincount(start, weight, count) + np.bincount(end, weight, count) + 1e-30
    places = np.floor((plane - plane.min(0)) / (np.ptp(plane, axis=0).max() / CELLS)).astype(np.int64)
    cells, cell = np.unique(places[:, 0] * (CELLS + 1) + places[:, 1], return_inverse=True)
    inner = free[start] & free[end]
    pairs = cell[start[inner]] * len(cells) + cell[end[inner]]
    between = np.bincount(pairs, weight[inner], len(cells) ** 2).reshape(len(cells), -1)
    coarse = np.diag(np.bincount(cell, free * diagonal, len(cells))) - between - between.T
    inverse = np.linalg.inv(coarse + 1e-9 * diagonal.mean() * np.eye(len(cells)))

    def eased(residual: Floats) -> Floats:
        return np.asarray(residual / diagonal + free * (inverse @ np.bincount(cell, residual, len(cells)))[cell])

    residual = -pull(y)
    step = eased(residual)
    energy = residual @ step
    enough = TOLERANCE**2 * energy
    for _ in range(ROUNDS):
        if energy <= enough:
            break
        pulled = pull(step)
        length = energy / (step @ pulled)
        y += length * step
        residual -= length * pulled
        wish = eased(residual)
        before, energy = energy, residual @ wish
        step = wish + energy / before * step
    return y


def is_closed(faces: Faces) -> bool:
    """Whether each edge has two faces, which run along it in opposite directions."""
    start, end = faces.corners, faces.corners[faces.following]
    count = int(faces.corners.max()) + 1
    forwards, backwards = np.sort(start * count + end), np.sort(end * count + start)
    return bool((np.diff(forwards) > 0).all() and np.array_equal(forwards, backwards))


def triangles_of(faces: Faces) -> Ints:
    """Vertices (T, 3) of the fans round the faces' first corners."""
    sizes = np.diff(np.append(faces.starts, len(faces.corners)))
    first = np.repeat(faces.starts, sizes - 2)
    place = np.arange(len(first)) - np.repeat(np.cumsum(sizes - 2) - (sizes - 2), sizes - 2)
    return np.asarray(faces.corners[np.stack([first, first + place + 1, first + place + 2], 1)])


def volume(vertices: Floats, triangles: Ints) -> float:
    """What the closed mesh of `vertices` (V, 3) and `triangles` (T, 3) encloses, in its unit cubed; positive if these
    are counter-clockwise seen from outside.
    """
    a, b, c = vertices[triangles].astype(np.float64).transpose(1, 0, 2)
    return float((a * np.cross(b, c)).sum() / 6)


def _turned(faces: Faces) -> Ints:
    """(C,) the corners of `faces` with each face turned round, its first corner staying the first: so that quads are
    cut along the same diagonal on both sides.
    """
    sizes = np.diff(np.append(faces.starts, len(faces.corners)))
    first, size = np.repeat(faces.starts, sizes), np.repeat(sizes, sizes)
    return np.asarray(first + (first - np.arange(len(first))) % size)
