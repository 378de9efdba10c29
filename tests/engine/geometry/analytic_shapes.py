# SPDX-License-Identifier: GPL-3.0-or-later
"""Surfaces known in closed form, seen orthographically along -z: depth, normals and mask on an N x N crop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

Floats = NDArray[np.float64]
Distance = Callable[[Floats], Floats]


@dataclass(frozen=True)
class Shape:
    """The visible surface; `depth` (N, N) in half crops, NaN outside `mask`, and true `normal` (N, N, 3)."""

    depth: Floats
    normal: Floats
    mask: NDArray[np.bool_]


@dataclass(frozen=True)
class FlattenedShape(Shape):
    """One whose conformal `coordinates` (N, N, 2) are known as well."""

    coordinates: Floats


def picture_plane(size: int) -> Floats:
    """The identity map (N, N, 2): x right, y up of each pixel centre."""
    centres = (np.arange(size) + 0.5) / size * 2 - 1
    return np.stack(np.meshgrid(centres, -centres), -1)


def seen(distance: Distance, size: int) -> Shape:
    """The surface where `distance`, negative inside, changes sign first on the way from z = 1.5 to z = -1.5."""
    plane = picture_plane(size).reshape(-1, 2)

    def at(z: Floats) -> Floats:
        return distance(np.column_stack([plane, z]))

    level, step = np.full(len(plane), 1.5), 0.01
    for z in np.arange(1.5, -1.5, -step):
        level = np.where((level == 1.5) & (at(np.full(len(plane), z)) < 0), z, level)
    mask = level < 1.5
    inside, outside = level, level + step
    for _ in range(40):
        middle = (inside + outside) / 2
        below = at(middle) < 0
        inside, outside = np.where(below, middle, inside), np.where(below, outside, middle)
    points, tiny = np.column_stack([plane, outside]), 1e-6
    normal = np.stack([distance(points + tiny * axis) - distance(points - tiny * axis) for axis in np.eye(3)], -1)
    with np.errstate(invalid="ignore"):
        normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    shape = (size, size)
    return Shape(
        np.where(mask, outside, np.nan).reshape(shape),
        np.where(mask[:, None], normal, np.nan).reshape(*shape, 3),
        mask.reshape(shape),
    )


def turned(distance: Distance, about_x: float, about_y: float = 0.0) -> Distance:
    """`distance` turned about y, then about x, by degrees: positive about x tips the upper side towards the camera."""
    a, b = np.radians([about_x, about_y])
    about_x_matrix = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    about_y_matrix = np.array([[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]])
    rotation = about_x_matrix @ about_y_matrix
    return lambda p: distance(p @ rotation)


def sphere(size: int) -> Shape:
    """Radius 0.8."""
    return seen(lambda p: np.linalg.norm(p, axis=1) - 0.8, size)


def cylinder(size: int) -> Shape:
    """Radius 0.5, upright, tipped so that the lid shows."""
    return seen(turned(lambda p: np.maximum(np.hypot(p[:, 0], p[:, 2]) - 0.5, np.abs(p[:, 1]) - 0.6), 25), size)


def cone(size: int) -> Shape:
    """Upright, tipped towards the camera; base radius 0.6."""
    return seen(
        turned(
            lambda p: np.maximum((np.hypot(p[:, 0], p[:, 2]) - 0.45 * (0.7 - p[:, 1])) * 0.9, np.abs(p[:, 1]) - 0.7),
            30,
        ),
        size,
    )


def torus(size: int) -> Shape:
    """Radii 0.52 and 0.24, seen into the hole from aside."""
    return seen(turned(lambda p: np.hypot(np.hypot(p[:, 0], p[:, 2]) - 0.52, p[:, 1]) - 0.24, 60), size)


def cube(size: int) -> Shape:
    """Edges of 0.9, in three-quarter view: three faces show."""
    return seen(turned(lambda p: np.abs(p).max(axis=1) - 0.45, 35.26, 45), size)


SHAPES = {"sphere": sphere, "cylinder": cylinder, "cone": cone, "torus": torus, "cube": cube}


def hemisphere(size: int, radius: float = 0.8) -> FlattenedShape:
    """Stereographic from the pole that one doesn't see: u = x / (1 + z) on the unit sphere."""
    plane = picture_plane(size)
    squared = radius**2 - (plane**2).sum(-1)
    mask = squared > 0.05 * radius**2
    depth = np.sqrt(np.where(mask, squared, np.nan))
    normal = np.concatenate([plane, depth[..., None]], -1) / radius
    return FlattenedShape(depth, normal, mask, 2 * plane / (1 + depth / radius)[..., None])


def inclined_plane(size: int, slope: float) -> FlattenedShape:
    """A disc whose depth rises to the right: u is stretched by the length of the slope."""
    plane = picture_plane(size)
    mask = (plane**2).sum(-1) < 0.8**2
    length = np.sqrt(1 + slope**2)
    normal = np.broadcast_to(np.array([-slope, 0, 1]) / length, (size, size, 3))
    return FlattenedShape(np.where(mask, slope * plane[..., 0], np.nan), normal, mask, plane * [length, 1])


def smooth_displacement(size: int, rms: float, seed: int, scale: float = 4.0) -> Floats:
    """Random displacement (N, N, 2) of `rms` pixels, correlated over `scale` pixels."""
    noise = np.random.default_rng(seed).normal(size=(size, size, 2))
    noise = gaussian_filter(noise, (scale, scale, 0))
    return noise * (rms * 2 / size / np.sqrt((noise**2).sum(-1).mean()))


def normal_error(normal: Floats, truth: Floats) -> float:
    """Mean angle in degrees between two fields of unit normals, over the pixels where both are known."""
    cosine = (normal * truth).sum(-1)
    return float(np.degrees(np.arccos(np.clip(cosine[np.isfinite(cosine)], -1, 1))).mean())
