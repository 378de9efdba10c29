# SPDX-License-Identifier: GPL-3.0-or-later
"""From a thing to a triangle mesh with what its pictures need: normals, part numbers, the sky each point sees."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
import torch
from numpy.typing import NDArray
from skimage.measure import marching_cubes
from torch import Tensor
from trimesh import Trimesh
from trimesh.ray.ray_pyembree import RayMeshIntersector

from engine.training.signed_distance import Field
from engine.training.thing import Thing

REACH = 1.8
"""Rules build within this half side."""
SKY_DIRECTIONS = 40

Blocked = Callable[[NDArray[np.float32], NDArray[np.float32]], NDArray[np.bool_]]


@dataclass
class Shape:
    """A closed mesh in the unit sphere, y up."""

    vertices: NDArray[np.float32]
    """(V, 3)."""
    faces: NDArray[np.int64]
    """(F, 3) counter-clockwise seen from outside."""
    normals: NDArray[np.float32]
    """(V, 3) unit gradients of the signed distance."""
    parts: NDArray[np.uint8]
    """(V,) number of the part that the vertex belongs to."""
    openness: NDArray[np.float32]
    """(V, 4) light received from a sky a + b.w: a * openness[0] + b . openness[1:]; 1 and 2/3 normal in the open."""


class Caster:
    """First hits of rays with a shape."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self._rays = RayMeshIntersector(Trimesh(shape.vertices, shape.faces, process=False))

    def triangles(self, origins: NDArray[np.float32], directions: NDArray[np.float32]) -> NDArray[np.int64]:
        """Number (R,) of the first face that each ray (R, 3), (R, 3) meets; -1 where it meets none."""
        return np.asarray(self._rays.intersects_first(origins, directions))

    def blocked(self, origins: NDArray[np.float32], directions: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Whether each ray (R, 3), (R, 3) meets the shape."""
        return self.triangles(origins, directions) >= 0

    def meet(
        self, origins: NDArray[np.float32], directions: NDArray[np.float32]
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Faces (R,) as `triangles`, and the barycentric weights (R, 3) of the points met; weights of misses are 0."""
        hit = self.triangles(origins, directions)
        met = hit >= 0
        weights = np.zeros((len(hit), 3), np.float32)
        weights[met] = self.crossing(hit[met], origins[met], directions[met])[0]
        return hit, weights

    def crossing(
        self, faces: NDArray[np.int64], origins: NDArray[np.float32], directions: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Where each ray (R, 3), (R, 3) crosses its face (R,): barycentric weights (R, 3), clipped to the face, and the
        distance (R,) in lengths of its direction. Moeller, Trumbore, "Fast, Minimum Storage Ray/Triangle
        Intersection", 1997.
        """
        a, b, c = self.shape.vertices[self.shape.faces[faces]].transpose(1, 0, 2)
        across = np.cross(directions, c - a)
        determinant = _dot(b - a, across)
        scale = (1 / np.where(np.abs(determinant) < 1e-20, 1e-20, determinant)).astype(np.float32)
        u = _dot(origins - a, across) * scale
        turned = np.cross(origins - a, b - a)
        v = _dot(directions, turned) * scale
        return np.clip(np.stack([1 - u - v, u, v], 1), 0, 1), _dot(c - a, turned) * scale


def _dot(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.einsum("ij,ij->i", a, b)


def make_shape(thing: Thing, resolution: int) -> Shape | None:
    """The mesh of `thing` with about `resolution` cells along its longest side; None where there is hardly anything."""
    with torch.inference_mode():
        box = _bounds(thing.field)
        if box is None:
            return None
        vertices, faces = _iso_surface(thing.field, *box, resolution)
        if len(faces) < 500:
            return None
        cell = float((box[1] - box[0]).max()) / resolution
        points = torch.from_numpy(vertices)
        slope = _gradient(thing.field, points, 0.2 * cell)
        length = slope.norm(dim=1, keepdim=True).clamp_min(0.3)
        step = (thing.field(points)[:, None] / length).clamp(-cell / 2, cell / 2)
        points = points - slope / length * step  # onto the surface: marching cubes only interpolates
        normals = torch.nn.functional.normalize(slope, dim=1).numpy()
        parts = thing.part(points).numpy().astype(np.uint8)
    moved = points.numpy()
    middle = (moved.max(0) + moved.min(0)) / 2
    moved = moved - middle
    moved /= np.linalg.norm(moved, axis=1).max()
    shape = Shape(moved.astype(np.float32), faces, normals, parts, np.zeros((len(moved), 4), np.float32))
    shape.openness = _openness(Caster(shape))
    return shape


def _bounds(field: Field) -> tuple[Tensor, Tensor] | None:
    """Corners (3,), (3,) of a box round the solid, cells of a coarse grid to spare."""
    axis = torch.linspace(-REACH, REACH, 40)
    points = torch.cartesian_prod(axis, axis, axis)
    cell = 2 * REACH / 39
    inside = points[field(points) < 0.3 * cell]
    if len(inside) < 8:
        return None
    return inside.amin(0) - 1.5 * cell, inside.amax(0) + 1.5 * cell


def _iso_surface(
    field: Field, low: Tensor, high: Tensor, resolution: int
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Marching cubes in the box from `low` to `high`; only blocks of cells near the surface are sampled finely."""
    block = 4
    cell = float((high - low).max()) / resolution
    blocks = ((high - low) / (cell * block)).ceil().long()
    counts = blocks * block + 1
    middles = torch.cartesian_prod(*(torch.arange(int(n)) for n in blocks))
    coarse = field(low + (middles + 0.5) * block * cell)
    near = middles[coarse.abs() < 1.4 * block * cell] * block
    volume = coarse.reshape(blocks.tolist())
    for axis in range(3):
        volume = volume.repeat_interleave(block, axis)
    volume = torch.nn.functional.pad(volume, (0, 1, 0, 1, 0, 1), value=1.0)
    corner = torch.cartesian_prod(*(torch.arange(block + 1) for _ in range(3)))
    nodes = (near[:, None] + corner).reshape(-1, 3)
    flat = torch.unique((nodes[:, 0] * counts[1] + nodes[:, 1]) * counts[2] + nodes[:, 2])
    at = torch.stack([flat // (counts[1] * counts[2]), flat // counts[2] % counts[1], flat % counts[2]], 1)
    volume.view(-1)[flat] = torch.cat([field(low + part * cell) for part in at.split(32768)])
    if not (volume.min() < 0 < volume.max()):
        return np.zeros((0, 3), np.float32), np.zeros((0, 3), np.int64)
    vertices, faces, _, _ = marching_cubes(volume.numpy(), 0.0)
    return (vertices * cell + low.numpy()).astype(np.float32), faces.astype(np.int64)


def _gradient(field: Field, points: Tensor, step: float) -> Tensor:
    """Gradient (P, 3) of `field` by differences along the corners of a tetrahedron."""
    corners = torch.tensor([[1.0, -1.0, -1.0], [-1.0, -1.0, 1.0], [-1.0, 1.0, -1.0], [1.0, 1.0, 1.0]])
    slope = torch.zeros_like(points)
    for corner in corners:
        slope += corner * field(points + step * corner)[:, None]
    return slope / (4 * step)


def _openness(caster: Caster) -> NDArray[np.float32]:
    """Light from the sky (V, 4), smoothed along the mesh."""
    shape = caster.shape
    value = sky_light(caster.blocked, shape.vertices, shape.normals)
    edges = np.concatenate([shape.faces[:, [0, 1]], shape.faces[:, [1, 2]], shape.faces[:, [2, 0]]])
    count = len(value)
    adjacent = sp.coo_array((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), (count, count)).tocsr()
    mean = sp.diags_array(1 / np.maximum(adjacent.sum(1), 1)) @ adjacent
    for _ in range(4):
        value = 0.5 * value + 0.5 * (mean @ value)
    return value.astype(np.float32)


def sky_light(blocked: Blocked, points: NDArray[np.float32], normals: NDArray[np.float32]) -> NDArray[np.float32]:
    """Light (P, 4) that points (P, 3) of a surface with unit `normals` (P, 3) receive from the sky, as
    `Shape.openness`, by rays in directions spread evenly over the sphere; `blocked` as Caster's.
    """
    k = np.arange(SKY_DIRECTIONS)
    height, angle = 1 - (2 * k + 1) / SKY_DIRECTIONS, k * np.pi * (3 - 5**0.5)
    ring = np.sqrt(1 - height**2)
    directions = np.stack([ring * np.cos(angle), height, ring * np.sin(angle)], 1).astype(np.float32)
    cosine = np.clip(normals @ directions.T, 0, None)
    point, direction = np.nonzero(cosine > 0.05)
    free = np.zeros_like(cosine)
    free[point, direction] = ~blocked(points[point] + 0.01 * normals[point], directions[direction])
    light = cosine * free / cosine.sum(1, keepdims=True).clip(1e-6)
    return np.concatenate([light.sum(1, keepdims=True), light @ directions], 1).astype(np.float32)
