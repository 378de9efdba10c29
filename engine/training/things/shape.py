# SPDX-License-Identifier: GPL-3.0-or-later
"""From a model to a shape in the unit sphere: what is rejected, and which edges are meant round."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import label

from engine.training.shapes import Shape
from engine.training.thing import MAX_PARTS
from engine.training.things.model import Floats, Material, Model, RejectedError

FEWEST_FACES, MOST_FACES = 200, 60_000
FLAT = 0.015
"""Share of the longest side below which the shortest one makes a model flat."""
GRID = 24
WHOLE = 0.8
"""Share of the surface that has to hang together, on a grid of GRID cells; less is several things far apart."""
ROUNDED_BELOW = (700, 2500)
"""Models of fewer faces are made rounder, once for each number."""
BULGE = 0.75
"""How far the middles of edges move towards where the normals say the surface is."""


@dataclass
class TexturedShape(Shape):
    """A shape that may be open: `normals` and `openness` are of the sides that look at the camera of the moment.
    Vertices are shared by no faces: face f has 3 f, 3 f + 1, 3 f + 2.
    """

    front: Floats = field(default_factory=lambda: np.zeros((0, 3), np.float32))
    """(V, 3) unit normals of the sides from which faces are counter-clockwise."""
    uv: Floats = field(default_factory=lambda: np.zeros((0, 3, 2), np.float32))
    """(F, 3, 2)."""
    material: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    """(F,)."""
    materials: tuple[Material, ...] = ()

    @property
    def face_normals(self) -> Floats:
        """(F, 3), not of unit length."""
        return _cross(self.vertices.reshape(-1, 3, 3))


def shaped(model: Model, crease: float | None) -> TexturedShape:
    """`model` centred in the unit sphere; edges that turn less than `crease` degrees are round, None: the file's own
    normals tell. Raises RejectedError.
    """
    corners, uv, material = model.corners, model.uv, model.material
    if not FEWEST_FACES <= len(corners) <= MOST_FACES:
        raise RejectedError("few faces" if len(corners) < FEWEST_FACES else "too many faces")
    extent = np.sort(np.ptp(corners.reshape(-1, 3), axis=0))
    if extent[0] < FLAT * extent[2]:
        raise RejectedError("flat")
    if _largest_share(corners) < WHOLE:
        raise RejectedError("scattered")
    normals = _along(_own_normals(model) if crease is None else crease_normals(corners, crease), corners)
    for limit in ROUNDED_BELOW:
        if len(corners) < limit:
            corners, normals, uv, material = rounded(corners, normals, uv, material)
    points = corners.reshape(-1, 3).astype(np.float64)
    points -= (points.max(0) + points.min(0)) / 2
    points /= np.linalg.norm(points, axis=1).max()
    parts = np.unique(material, return_inverse=True)[1].ravel() % MAX_PARTS
    front = normals.reshape(-1, 3).astype(np.float32)
    return TexturedShape(
        vertices=points.astype(np.float32),
        faces=np.arange(len(points)).reshape(-1, 3),
        normals=front,
        parts=np.repeat(parts, 3).astype(np.uint8),
        openness=np.zeros((len(points), 4), np.float32),
        front=front,
        uv=uv,
        material=material,
        materials=model.materials,
    )


def _largest_share(corners: Floats) -> float:
    """Share of the surface in the largest piece of neighbouring cells of a grid."""
    area = np.linalg.norm(_cross(corners), axis=1)
    dice = np.random.default_rng(0)
    face = dice.choice(len(corners), 6000, p=area / area.sum())
    weights = dice.dirichlet([1, 1, 1], len(face))
    points = np.einsum("pk,pkc->pc", weights, corners[face])
    cell = ((points - points.min(0)) / np.ptp(points, axis=0).max() * (GRID - 1)).astype(np.int64)
    filled = np.zeros((GRID, GRID, GRID), bool)
    filled[tuple(cell.T)] = True
    pieces, _ = label(filled, np.ones((3, 3, 3)))
    return float(np.bincount(pieces[tuple(cell.T)]).max() / len(points))


def _cross(corners: Floats) -> Floats:
    return np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])


def _unit(vectors: Floats) -> Floats:
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True).clip(1e-20)


def _own_normals(model: Model) -> Floats:
    """The file's normals (F, 3, 3), the faces' own where it gives none."""
    flat = np.repeat(_unit(_cross(model.corners))[:, None], 3, 1)
    given = np.linalg.norm(np.nan_to_num(model.normals), axis=2, keepdims=True) > 0.1
    return np.where(given, _unit(np.nan_to_num(model.normals)), flat)


def _along(normals: Floats, corners: Floats) -> Floats:
    """Corner normals (F, 3, 3) turned to the side from which their face is counter-clockwise."""
    return normals * np.where(np.einsum("fkc,fc->fk", normals, _cross(corners)) < 0, -1, 1)[..., None]


def _places(corners: Floats) -> NDArray[np.int64]:
    """Number (F, 3) of the place that each corner is at, the same for corners that touch."""
    flat = corners.reshape(-1, 3)
    grid = np.round((flat - flat.min(0)) / np.ptp(flat, axis=0).max() * 1e5).astype(np.int64)
    key = (grid[:, 0] << 40) + (grid[:, 1] << 20) + grid[:, 2]
    return np.unique(key, return_inverse=True)[1].reshape(-1, 3)


def crease_normals(corners: Floats, degrees: float) -> Floats:
    """Corner normals (F, 3, 3): the mean, by area, of the faces round the same place that turn less than `degrees`
    from the corner's own, whichever way they are wound.
    """
    cross = _cross(corners)
    area = np.linalg.norm(cross, axis=1)
    face = _unit(cross).astype(np.float64)
    result = np.repeat(face, 3, axis=0)
    places = _places(corners).ravel()
    order = np.argsort(places, kind="stable")
    starts = np.flatnonzero(np.diff(places[order], prepend=-1))
    counts = np.diff(starts, append=len(order))
    for count in np.unique(counts):  # places that the same number of corners share, at once
        if not 1 < count <= 40:
            continue
        rows = starts[counts == count][:, None] + np.arange(count)
        for some in np.array_split(rows, len(rows) * count * count // 2_000_000 + 1):
            corner = order[some]
            normal = face[corner // 3]
            cosine = np.einsum("pic,pjc->pij", normal, normal)
            weight = area[corner // 3][:, None] * (np.abs(cosine) > np.cos(np.deg2rad(degrees))) * np.sign(cosine)
            result[corner.ravel()] = np.einsum("pij,pjc->pic", weight, normal).reshape(-1, 3)
    return _unit(result.astype(np.float32)).reshape(-1, 3, 3)


def rounded(
    corners: Floats, normals: Floats, uv: Floats, material: NDArray[np.int64]
) -> tuple[Floats, Floats, Floats, NDArray[np.int64]]:
    """Each face as four, the middles of edges moved out where the normals turn, both faces of an edge alike so that no
    crack opens. Boubekeur, Alexa, "Phong Tessellation", 2008.
    """
    following = [1, 2, 0]
    places = _places(corners)
    middle = (corners + corners[:, following]) / 2

    def onto(start: Floats, normal: Floats) -> Floats:
        return middle - np.einsum("fkc,fkc->fk", middle - start, normal)[..., None] * normal

    ends = onto(corners, normals) + onto(corners[:, following], normals[:, following])
    moved = BULGE * (ends / 2 - middle).reshape(-1, 3)
    pair = np.sort(np.stack([places, places[:, following]], 2), 2).reshape(-1, 2)
    edge = np.unique(pair[:, 0] * (places.max() + 1) + pair[:, 1], return_inverse=True)[1].ravel()
    total = np.stack([np.bincount(edge, moved[:, c]) for c in range(3)], 1) / np.bincount(edge)[:, None]
    length = np.linalg.norm(corners[:, following] - corners, axis=2).reshape(-1, 1)
    size = np.linalg.norm(total[edge], axis=1, keepdims=True)
    shift = total[edge] * np.minimum(1, 0.2 * length / size.clip(1e-20))
    middle = (middle + shift.reshape(-1, 3, 3)).astype(np.float32)

    def split(corner: Floats, between: Floats) -> Floats:
        a, b, c = corner.transpose(1, 0, 2)
        ab, bc, ca = between.transpose(1, 0, 2)
        four = np.stack([a, ab, ca, ab, b, bc, ca, bc, c, ab, bc, ca], 1)
        return four.reshape(4 * len(corner), 3, -1)

    turned = _unit(normals + normals[:, following])
    return (
        split(corners, middle),
        split(normals, turned),
        split(uv, (uv + uv[:, following]) * np.float32(0.5)),
        material.repeat(4),
    )
