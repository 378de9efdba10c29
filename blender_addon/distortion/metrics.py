# SPDX-License-Identifier: GPL-3.0-or-later
"""How a UV map distorts a mesh, from the singular values of the map's Jacobian; numpy only.

Of the map from a triangle of the surface to its triangle in the texture, with singular values s1 >= s2, two figures
are enough: the energy s1^2 + s2^2 and the determinant s1 s2, negative where the texture is mirrored. A face of several
triangles has the means of both, weighted by area, and from these its own s1 and s2.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int32]
Bools = NDArray[np.bool_]

SLIVER = 1e-6  # a triangle with less area, in squares of its edges' lengths, is degenerate
EPSILON = float(np.finfo(np.float32).eps)  # Blender's UV editor takes faces of less area for degenerate


@dataclass(frozen=True)
class Surface:
    """A mesh of V vertices, F faces with C corners in all, and T triangles that they are made of."""

    vertices: NDArray[np.float32]
    """(V, 3), in the object's own space."""
    corners: Integers
    """(C,) the vertex of each corner; those of a face stand together, in the order of the faces."""
    uv: NDArray[np.float32]
    """(C, 2) texture coordinates, u right, v up."""
    starts: Integers
    """(F,) the first corner of each face."""
    triangles: Integers
    """(T, 3) corners."""
    faces: Integers
    """(T,) the face of each triangle."""

    def to_corners(self, values: NDArray[Any]) -> NDArray[Any]:
        """`values` (F,) of faces as (C,) of their corners."""
        return np.repeat(values, np.diff(self.starts, append=len(self.corners)))


@dataclass(frozen=True)
class Distortion:
    """What the UV map does to each face. s1 and s2 are relative to the mean scale of the object's map."""

    surface: Surface
    texture: tuple[int, int]
    """Width and height in pixels."""
    area: Floats
    """(F,) on the surface, in the world's units, squared."""
    texture_area: Floats
    """(F,) in the texture, in square pixels, without sign."""
    s1: Floats
    """(F,) the larger singular value; 1 where the map keeps sizes."""
    s2: Floats
    """(F,) the smaller one."""
    flipped: Bools
    """(F,) whether any of the face's triangles lies mirrored in the texture."""
    degenerate: Bools
    """(F,) whether the face has no area, on the surface or in the texture; its figures mean nothing."""

    @property
    def broken(self) -> Bools:
        """(F,) flipped or degenerate."""
        return self.flipped | self.degenerate

    def area_ratio(self) -> Floats:
        """(F,) log2(s1 s2): 1 where the face has twice its share of the texture, -1 where it has half of it."""
        return np.log2(self.s1 * self.s2)

    def angle(self) -> Floats:
        """(F,) the largest change that an angle suffers, in degrees: 2 arcsin((s1 - s2) / (s1 + s2)) (Tissot)."""
        return np.degrees(2 * np.arcsin((self.s1 - self.s2) / (self.s1 + self.s2)))

    def stretch(self) -> Floats:
        """(F,) the L2 stretch of Sander et al., "Texture Mapping Progressive Meshes" (2001), section 3.

        sqrt((s1^-2 + s2^-2) / 2): the root mean square of how far apart a step in the texture lands on the surface.
        """
        return np.sqrt((self.s1**-2 + self.s2**-2) / 2)

    def symmetric_dirichlet(self) -> Floats:
        """(F,) (s1^2 + s2^2 + s1^-2 + s2^-2) / 4, at least 1: Smith and Schaefer, "Bijective Parameterization with
        Free Boundaries" (2015), equation 7, divided by its smallest value."""
        return (self.s1**2 + self.s2**2 + self.s1**-2 + self.s2**-2) / 4

    def texel_density(self) -> Floats:
        """(F,) pixels of the texture along one unit of the world."""
        return np.sqrt(self.texture_area / self.area)

    def uv_editor_area(self) -> Floats:
        """(F,) what Blender's UV editor shows as the stretch of areas: 1 - min(r, 1/r), r the face's share of the
        texture by its share of the surface; in the object's own space."""
        surface, count = self.surface, len(self.surface.starts)
        normals = _cross(*_edges(surface.vertices[surface.corners].T, surface.triangles))
        own = np.linalg.norm([np.bincount(surface.faces, values, count) for values in normals], axis=0) / 2
        texture = self.texture_area / np.prod(self.texture)
        usable = (own >= EPSILON) & (texture >= EPSILON)
        ratio = np.divide(texture * own.sum(), own * texture.sum(), out=np.zeros(count), where=usable)
        return 1 - np.minimum(ratio, np.divide(1, ratio, out=np.zeros(count), where=usable))

    def uv_editor_angle(self) -> Floats:
        """(C,) what Blender's UV editor shows as the stretch of angles: 1 - (1 - d)^2, d the difference between the
        corner's angle in the texture and on the surface, by pi; in the object's own space."""
        surface = self.surface
        following = np.arange(1, len(surface.corners) + 1)
        following[np.append(surface.starts[1:], len(surface.corners)) - 1] = surface.starts
        preceding = np.empty_like(following)
        preceding[following] = np.arange(len(following))
        difference = np.zeros(len(following))
        for points, sign in ((surface.vertices[surface.corners].T, 1), (_scaled(surface.uv, self.texture), -1)):
            difference += sign * _angle(points[:, preceding] - points, points[:, following] - points)
        return 1 - (1 - np.abs(difference) / np.pi) ** 2


METRICS: dict[str, Callable[[Distortion], Floats]] = {
    "AREA": Distortion.area_ratio,
    "ANGLE": Distortion.angle,
    "STRETCH": Distortion.stretch,
    "DIRICHLET": Distortion.symmetric_dirichlet,
    "DENSITY": Distortion.texel_density,
    "UV_EDITOR_AREA": Distortion.uv_editor_area,
    "UV_EDITOR_ANGLE": Distortion.uv_editor_angle,
}
OF_CORNERS = {"UV_EDITOR_ANGLE"}


@dataclass(frozen=True)
class Values:
    """One metric of one object."""

    distortion: Distortion
    metric: str
    values: Floats
    """(F,) of faces, or (C,) of corners where the metric is in OF_CORNERS; NaN where the face is degenerate."""

    @cached_property
    def of_faces(self) -> Floats:
        """(F,): of a face's corners the largest."""
        starts = self.distortion.surface.starts
        return np.maximum.reduceat(self.values, starts) if self.metric in OF_CORNERS else self.values

    @property
    def of_corners(self) -> Floats:
        """(C,)"""
        return self.values if self.metric in OF_CORNERS else self.distortion.surface.to_corners(self.values)

    @cached_property
    def figures(self) -> dict[str, float]:
        """Mean, median, the values that 5 % and 95 % of the surface stay below, and the largest; NaN without faces."""
        valid = ~self.distortion.degenerate
        values, weights = self.of_faces[valid], self.distortion.area[valid]
        if not len(values):
            return dict.fromkeys(("mean", "median", "5 %", "95 %", "max"), np.nan)
        order = np.argsort(values)
        below = np.cumsum(weights[order])
        low, median, high = values[order[np.searchsorted(below, np.array([0.05, 0.5, 0.95]) * below[-1])]]
        return {
            "mean": float(np.average(values, weights=weights)),
            "median": float(median),
            "5 %": float(low),
            "95 %": float(high),
            "max": float(values[order[-1]]),
        }


def measure(surface: Surface, world: Floats, texture: tuple[int, int] = (1, 1)) -> Distortion:
    """What the UV map of `surface` does, as it lies in the world: `world` (3, 3) maps vectors of the object there.

    `texture`: width and height in pixels; they count for angles where the texture isn't square.
    """
    count = len(surface.starts)
    e1, e2 = _edges((world @ surface.vertices.T)[:, surface.corners], surface.triangles)
    d1, d2 = _edges(_scaled(surface.uv, texture), surface.triangles)
    a, b, c = _dot(e1, e1), _dot(e1, e2), _dot(e2, e2)
    f, g, h = _dot(d1, d1), _dot(d1, d2), _dot(d2, d2)
    double_area = np.sqrt(_dot(normal := _cross(e1, e2), normal))
    double_texture = d1[0] * d2[1] - d1[1] * d2[0]
    # s1^2 + s2^2 = tr(G^-1 H) with the first fundamental forms G = [[a, b], [b, c]] and H = [[f, g], [g, h]].
    solid = double_area > SLIVER * (a + c)
    energy = np.divide(c * f - 2 * b * g + a * h, double_area, out=np.zeros_like(a), where=solid)
    mirrored = double_texture < -SLIVER * (f + h)

    area, texture_area, energy, extent, texture_extent, mirrored = (
        np.bincount(surface.faces, values, count)
        for values in (double_area, double_texture, energy, a + c, f + h, mirrored)
    )
    texture_area = np.abs(texture_area)
    degenerate = (area <= SLIVER * extent) | (texture_area <= SLIVER * texture_extent)
    valid = ~degenerate
    scale = texture_area[valid].sum() / area[valid].sum() if valid.any() else 1.0
    energy, product = (
        np.divide(values, area * scale, out=np.full(count, np.nan), where=valid) for values in (energy, texture_area)
    )
    s1 = (np.sqrt(energy + 2 * product) + np.sqrt(np.maximum(energy - 2 * product, 0))) / 2
    return Distortion(surface, texture, area / 2, texture_area / 2, s1, product / s1, mirrored > 0, degenerate)


def values_of(distortion: Distortion, metric: str) -> Values:
    """The values of `metric`, one of METRICS."""
    degenerate = distortion.degenerate
    if metric in OF_CORNERS:
        degenerate = distortion.surface.to_corners(degenerate)
    with np.errstate(divide="ignore", invalid="ignore"):
        return Values(distortion, metric, np.where(degenerate, np.nan, METRICS[metric](distortion)))


def _scaled(uv: NDArray[np.float32], texture: tuple[int, int]) -> Floats:
    """(2, C) in pixels."""
    return uv.T * np.array(texture, np.float64)[:, None]


def _edges(points: NDArray[Any], triangles: Integers) -> tuple[Floats, Floats]:
    """(D, T) from the first corner of each triangle to its second and to its third; points (D, C)."""
    first, second, third = (points[:, corner].astype(np.float64) for corner in triangles.T)
    return second - first, third - first


def _dot(a: Floats, b: Floats) -> Floats:
    """(T,) of (D, T)."""
    return np.einsum("ij,ij->j", a, b)


def _cross(a: Floats, b: Floats) -> Floats:
    """(3, T) of (3, T)."""
    return np.stack([a[i] * b[j] - a[j] * b[i] for i, j in ((1, 2), (2, 0), (0, 1))])


def _angle(a: NDArray[np.floating], b: NDArray[np.floating]) -> Floats:
    """(C,) angles between vectors (D, C), from 0 to pi, also small ones exactly."""
    a, b = (v / np.maximum(np.linalg.norm(v, axis=0), np.finfo(np.float32).tiny) for v in (a, b))
    return 2 * np.arctan2(np.linalg.norm(a - b, axis=0), np.linalg.norm(a + b, axis=0))
