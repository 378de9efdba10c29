# SPDX-License-Identifier: GPL-3.0-or-later
"""Meshes of triangles, and which of them a ray meets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from trimesh import Trimesh
from trimesh.ray.ray_pyembree import RayMeshIntersector

from engine.geometry.camera import Camera

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Triangles:
    """A mesh of triangles."""

    vertices: Floats
    """(V, 3)."""
    faces: Ints
    """(F, 3), counter-clockwise seen from outside."""

    def face_normals(self) -> Floats:
        """(F, 3), unit."""
        normals = self._by_area()
        return (normals / np.linalg.norm(normals, axis=1, keepdims=True).clip(1e-30)).astype(np.float32)

    def vertex_normals(self) -> Floats:
        """(V, 3), unit: the mean of the faces' normals weighted by area."""
        normals = np.zeros(self.vertices.shape)
        np.add.at(normals, self.faces, self._by_area()[:, None])
        return (normals / np.linalg.norm(normals, axis=1, keepdims=True).clip(1e-30)).astype(np.float32)

    def areas(self) -> NDArray[np.float64]:
        """(F,)."""
        return np.asarray(np.linalg.norm(self._by_area(), axis=1) / 2)

    def _by_area(self) -> NDArray[np.float64]:
        a, b, c = self.vertices[self.faces].astype(np.float64).transpose(1, 0, 2)
        return np.cross(b - a, c - a)


def signed_areas(corners: NDArray[np.floating]) -> NDArray[np.floating]:
    """(F,) of flat triangles (F, 3, 2), negative where they are clockwise."""
    a, b, c = corners.transpose(1, 2, 0)
    (px, py), (qx, qy) = b - a, c - a
    return np.asarray(px * qy - py * qx) / 2


class RayCaster:
    """First hits of rays with a mesh."""

    def __init__(self, mesh: Triangles) -> None:
        self.mesh = mesh
        self._rays = RayMeshIntersector(Trimesh(mesh.vertices, mesh.faces, process=False))

    def first_hits(self, origins: Floats, directions: Floats) -> tuple[Ints, Floats]:
        """Number (R,) of the first face that each ray (R, 3), (R, 3) meets, -1 where none; barycentric weights (R, 3)
        of the points met, 0 where none (Moeller and Trumbore, "Fast, minimum storage ray/triangle intersection", 1997).
        """
        hit = np.asarray(self._rays.intersects_first(origins, directions), np.int64)
        met = hit >= 0
        faces = self.mesh.faces[hit[met]].T
        a, b, c, origin, direction = map(_by_axis, (*self.mesh.vertices[faces], origins[met], directions[met]))
        across = _cross(direction, c - a)
        scale = 1 / _dot(b - a, across)
        u = scale * _dot(origin - a, across)
        v = scale * _dot(direction, _cross(origin - a, b - a))
        weights = np.zeros((len(hit), 3), np.float32)
        weights[met] = np.clip(np.stack([1 - u - v, u, v], 1), 0, 1)
        return hit, weights

    def blocked(self, origins: Floats, directions: Floats) -> NDArray[np.bool_]:
        """Whether each ray (R, 3), (R, 3) meets the mesh."""
        return np.asarray(self._rays.intersects_any(origins, directions))

    def view(self, camera: Camera, backwards_from: float | None = None) -> tuple[Ints, Floats]:
        """What `camera` sees: face numbers (N, N), -1 where none, and the depth (N, N), infinite where none.

        With `backwards_from` what is met first on the way back to the camera from there, a depth.
        """
        rays = camera.rays().numpy().reshape(-1, 3)
        eye = camera.eye.numpy()
        if backwards_from is None:
            hit, weights = self.first_hits(np.broadcast_to(eye, rays.shape), rays)
        else:
            hit, weights = self.first_hits(eye + np.float32(backwards_from) * rays, -rays)
        met = hit >= 0
        points = np.einsum("pk,pkc->pc", weights[met], self.mesh.vertices[self.mesh.faces[hit[met]]])
        depth = np.full(len(hit), np.inf, np.float32)
        depth[met] = (eye - points) @ camera.rotation[:, 2].numpy()
        return hit.reshape(camera.size, -1), depth.reshape(camera.size, -1)


def _by_axis(vectors: Floats) -> Floats:
    """`vectors` (R, 3) as (3, R), each axis in one piece of memory, which is far quicker to compute with."""
    return np.ascontiguousarray(vectors.T)


def _cross(a: Floats, b: Floats) -> Floats:
    return np.stack([a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]])


def _dot(a: Floats, b: Floats) -> Floats:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
