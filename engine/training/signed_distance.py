# SPDX-License-Identifier: GPL-3.0-or-later
"""Signed distance fields of solids, and what can be done with them.

A field maps points (P, 3) float32 to values (P,), negative inside. Values need not be exact distances, only have the
right sign and roughly the right size near the surface: the ray caster looks for sign changes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

Field = Callable[[Tensor], Tensor]


# Solids, centred at the origin; axes of revolution are y


def ellipsoid(radii: Sequence[float]) -> Field:
    """Ellipsoid of the given three radii."""
    r = torch.tensor(radii)
    return lambda p: ((p / r).norm(dim=1) - 1) * r.min()


def box(half: Sequence[float], rounding: float = 0.0) -> Field:
    """Box of the given half sides, edges rounded with the radius `rounding`."""
    h = torch.tensor(half) - rounding

    def field(p: Tensor) -> Tensor:
        q = p.abs() - h
        return q.clamp_min(0).norm(dim=1) + q.amax(dim=1).clamp_max(0) - rounding

    return field


def cylinder(radius: float, half_height: float, rounding: float = 0.0, top: float = 1.0) -> Field:
    """Cylinder along y whose radius goes linearly from `radius` at the bottom to `top` x `radius`: cone if 0."""

    def field(p: Tensor) -> Tensor:
        t = ((p[:, 1] / half_height + 1) / 2).clamp(0, 1)
        slope = radius * (1 - top) / (2 * half_height)
        side = (p[:, [0, 2]].norm(dim=1) - radius * (1 - t * (1 - top))) / (1 + slope**2) ** 0.5 + rounding
        cap = p[:, 1].abs() - half_height + rounding
        outside = torch.stack([side, cap]).clamp_min(0).norm(dim=0)
        return outside + torch.maximum(side, cap).clamp_max(0) - rounding

    return field


def pyramid(half_base: float, height: float, sides: int) -> Field:
    """Pyramid over a regular polygon with `sides` sides, along y, its middle height at the origin."""
    angles = torch.arange(sides) * (2 * torch.pi / sides)
    slope = half_base / height
    normals = torch.stack([angles.cos(), torch.full_like(angles, slope), angles.sin()], 1) / (1 + slope**2) ** 0.5

    def field(p: Tensor) -> Tensor:
        q = p - torch.tensor([0.0, height / 2, 0.0])
        return torch.maximum((q @ normals.T).amax(dim=1), -p[:, 1] - height / 2)

    return field


def torus(radius: float, tube: float) -> Field:
    """Torus round the y axis."""
    return lambda p: torch.stack([p[:, [0, 2]].norm(dim=1) - radius, p[:, 1]]).norm(dim=0) - tube


def superquadric(radii: Sequence[float], e1: float, e2: float) -> Field:
    """Superquadric with the exponents `e1` (along y) and `e2` (around y); 1, 1 is an ellipsoid, towards 0 a box."""
    r = torch.tensor(radii)

    def field(p: Tensor) -> Tensor:
        q = (p / r).abs().clamp_min(1e-6)
        around = (q[:, 0] ** (2 / e2) + q[:, 2] ** (2 / e2)) ** (e2 / e1)
        return ((around + q[:, 1] ** (2 / e1)) ** (e1 / 2) - 1) * r.min()

    return field


def lathe(heights: Tensor, radii: Tensor) -> Field:
    """Solid of revolution whose radius is interpolated linearly between `radii` (K,) at `heights` (K,), ascending."""

    def field(p: Tensor) -> Tensor:
        y = p[:, 1].contiguous().clamp(heights[0], heights[-1])
        k = torch.searchsorted(heights, y).clamp(1, len(heights) - 1)
        t = (y - heights[k - 1]) / (heights[k] - heights[k - 1])
        radius = radii[k - 1] + t * (radii[k] - radii[k - 1])
        slope = ((radii[k] - radii[k - 1]) / (heights[k] - heights[k - 1])).clamp(-3, 3)
        side = (p[:, [0, 2]].norm(dim=1) - radius) / (1 + slope**2).sqrt()
        return torch.maximum(side, torch.maximum(heights[0] - p[:, 1], p[:, 1] - heights[-1]))

    return field


def tube(points: Tensor, radii: Tensor) -> Field:
    """Round-ended tube along the polyline `points` (K, 3) with `radii` (K,) at its corners."""
    start, step, first, change = points[:-1], points.diff(dim=0), radii[:-1], radii.diff()
    length2 = (step**2).sum(dim=1).clamp_min(1e-9)

    def field(p: Tensor) -> Tensor:
        offset = p[:, None] - start
        t = ((offset * step).sum(dim=2) / length2).clamp(0, 1)
        return ((offset - t[..., None] * step).norm(dim=2) - first - t * change).amin(dim=1)

    return field


# Combinations


def union(fields: Sequence[Field], blend: float = 0.0) -> Field:
    """Union, its creases filled over the width `blend` (polynomial smooth minimum)."""

    def field(p: Tensor) -> Tensor:
        total = fields[0](p)
        for other in fields[1:]:
            d = other(p)
            if blend:
                h = (0.5 + 0.5 * (total - d) / blend).clamp(0, 1)
                total = torch.lerp(total, d, h) - blend * h * (1 - h)
            else:
                total = torch.minimum(total, d)
        return total

    return field


def difference(solid: Field, cut: Field) -> Field:
    """`solid` without `cut`."""
    return lambda p: torch.maximum(solid(p), -cut(p))


def intersection(a: Field, b: Field) -> Field:
    """What lies in both solids."""
    return lambda p: torch.maximum(a(p), b(p))


# Deformations: the field is looked up where the point comes from


def placed(
    field: Field, rotation: Tensor | None = None, offset: Sequence[float] = (0, 0, 0), scale: float = 1.0
) -> Field:
    """`field` scaled, turned by `rotation` (3, 3) and moved by `offset`."""
    o = torch.tensor(offset, dtype=torch.float32)
    r = torch.eye(3) if rotation is None else rotation
    return lambda p: field((p - o) @ r / scale) * scale


def mirrored(field: Field) -> Field:
    """The half x >= 0 of `field`, and its mirror image."""
    return lambda p: field(torch.cat([p[:, :1].abs(), p[:, 1:]], 1))


def displaced(field: Field, frequencies: Tensor, phases: Tensor, amplitude: float) -> Field:
    """The surface moved in and out by a sum of sines with `frequencies` (K, 3), RMS `amplitude`."""
    gain = amplitude * (2 / len(phases)) ** 0.5
    return lambda p: field(p) + gain * (p @ frequencies.T + phases).sin().sum(dim=1)


def bent(field: Field, curvature: float) -> Field:
    """The y axis bent into an arc in the x, y plane."""
    if abs(curvature) < 1e-3:
        return field
    radius = 1 / curvature

    def bend(p: Tensor) -> Tensor:
        x, y = p[:, 0] + radius, p[:, 1]
        sign = 1.0 if radius > 0 else -1.0
        angle = torch.atan2(y * sign, x * sign)
        return field(torch.stack([sign * torch.hypot(x, y) - radius, angle * radius, p[:, 2]], 1))

    return bend


def twisted(field: Field, rate: float) -> Field:
    """Turned about y by `rate` radians a unit of height."""

    def twist(p: Tensor) -> Tensor:
        c, s = (p[:, 1] * rate).cos(), (p[:, 1] * rate).sin()
        return field(torch.stack([c * p[:, 0] - s * p[:, 2], p[:, 1], s * p[:, 0] + c * p[:, 2]], 1))

    return twist
