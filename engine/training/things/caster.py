# SPDX-License-Identifier: GPL-3.0-or-later
"""Rays that meet textured shapes: through the holes of textures, on whichever side faces the camera."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.training.shapes import Caster, sky_light
from engine.training.things.model import Floats
from engine.training.things.shape import TexturedShape
from engine.training.things.textures import CLEAR

LAYERS = 6
"""Holes behind each other that a ray may pass."""


class ThingCaster(Caster):
    """First hits of rays with a textured shape."""

    shape: TexturedShape

    def __init__(self, shape: TexturedShape) -> None:
        super().__init__(shape)
        self._holes = np.array([material.holes for material in shape.materials])
        self._face_normals = shape.face_normals
        self._open = np.full((2, *shape.openness.shape), np.nan, np.float32)  # of the sides behind and in front

    def triangles(self, origins: Floats, directions: Floats) -> NDArray[np.int64]:
        """As Caster's, past the holes."""
        hit = super().triangles(origins, directions)
        if not self._holes.any():
            return hit
        hit, start = hit.copy(), np.array(origins, np.float32)
        rows = np.flatnonzero(hit >= 0)
        for _ in range(LAYERS):
            rows = rows[self._holes[self.shape.material[hit[rows]]]]
            weights, distance = self.crossing(hit[rows], start[rows], directions[rows])
            clear = self._opacity(hit[rows], weights) < CLEAR
            rows, distance = rows[clear], distance[clear]
            if not len(rows):
                break
            length = np.linalg.norm(directions[rows], axis=1)
            start[rows] += directions[rows] * (distance + 1e-4 / length)[:, None]
            hit[rows] = super().triangles(start[rows], directions[rows])
            rows = rows[hit[rows] >= 0]
        return hit

    def turn_to(self, towards: Floats, faces: NDArray[np.int64]) -> None:
        """Gives the shape the normals of the sides that look along `towards` (F, 3), and the sky's light on `faces`,
        which are those that will be asked for.
        """
        side = np.einsum("fc,fc->f", self._face_normals, towards) > 0
        corner_side = np.repeat(side, 3)
        self.shape.normals = np.where(corner_side[:, None], self.shape.front, -self.shape.front)
        corners = (3 * np.unique(faces)[:, None] + np.arange(3)).ravel()
        asked = corners[np.isnan(self._open[corner_side[corners].astype(np.int64), corners, 0])]
        if len(asked):
            self._open[corner_side[asked].astype(np.int64), asked] = self._sky(asked)
        self.shape.openness = np.nan_to_num(self._open[corner_side.astype(np.int64), np.arange(len(corner_side))])

    def _sky(self, corners: NDArray[np.int64]) -> Floats:
        """Openness (C, 4) of vertices; those alike only once."""
        at, normals = self.shape.vertices[corners], self.shape.normals[corners]
        key = np.round(np.concatenate([at * 2e4, normals * 20], 1)).astype(np.int32)
        _, first, inverse = np.unique(key.view([("", np.int32)] * 6).ravel(), return_index=True, return_inverse=True)

        def blocked(origins: Floats, directions: Floats) -> NDArray[np.bool_]:
            return Caster.triangles(self, origins, directions) >= 0  # holes and all: much faster

        return sky_light(blocked, at[first], normals[first])[inverse]

    def albedo(self, faces: NDArray[np.int64], weights: Floats, pixel: float) -> Floats:
        """Display colours (P, 3) in 0..1 of points on `faces` (P,) at barycentric `weights` (P, 3); `pixel`: its side
        in the shape's units, which says how coarse a level of the texture is right.
        """
        shape = self.shape
        numbers = shape.material[faces]
        colour = np.array([material.colour for material in shape.materials], np.float32)[numbers]
        uv = np.einsum("pk,pkc->pc", weights, shape.uv[faces])
        area = np.linalg.norm(self._face_normals[faces], axis=1)
        a, b, c = shape.uv[faces].transpose(1, 0, 2)
        uv_area = np.abs((b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0])
        for k in np.unique(numbers):
            texture = shape.materials[k].texture
            rows = (numbers == k) & np.isfinite(uv).all(1)
            if texture is None or not rows.any():
                continue
            h, w = texture.levels[0].shape[:2]
            texels = uv_area[rows] * h * w / area[rows].clip(1e-12) * pixel**2
            colour[rows] *= texture.sample(uv[rows], 0.5 * np.log2(texels.clip(1e-6)))[:, :3]
        return colour

    def _opacity(self, faces: NDArray[np.int64], weights: Floats) -> Floats:
        """(P,) of points on faces whose textures have holes."""
        numbers, opacity = self.shape.material[faces], np.ones(len(faces), np.float32)
        uv = np.einsum("pk,pkc->pc", weights, self.shape.uv[faces])
        for k in np.unique(numbers):
            texture = self.shape.materials[k].texture
            rows = (numbers == k) & np.isfinite(uv).all(1)
            if texture is not None and rows.any():
                opacity[rows] = texture.sample(uv[rows], np.zeros(rows.sum(), np.float32))[:, 3]
        return opacity
