# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules for things that look right in any pose: primitives, heaps of them, carved ones, tubes, sheets."""

from __future__ import annotations

import torch

from engine.training import signed_distance as sd
from engine.training.random_numbers import RandomNumbers
from engine.training.signed_distance import Field
from engine.training.thing import Thing, single


def primitive(rng: RandomNumbers) -> Field:
    """One simple solid, its proportions drawn at random."""
    kind, rounding = rng.integer(0, 10), rng.uniform(0, 0.15) * rng.integer(0, 1)
    if kind == 0:
        return sd.ellipsoid([rng.uniform(0.5, 0.8)] * 3)
    if kind == 1:
        return sd.ellipsoid(rng.uniforms(0.3, 0.9, 3))
    if kind in (2, 3):
        return sd.box(rng.uniforms(0.25, 0.7, 3), rounding)
    if kind == 4:
        return sd.box([rng.uniform(0.4, 0.6)] * 3, rounding)
    if kind == 5:
        return sd.cylinder(rng.uniform(0.2, 0.6), rng.uniform(0.3, 0.8), rounding)
    if kind == 6:
        return sd.cylinder(rng.uniform(0.4, 0.7), rng.uniform(0.4, 0.7), top=rng.uniform(0, 0.5))
    if kind == 7:
        return sd.torus(rng.uniform(0.4, 0.6), rng.uniform(0.12, 0.3))
    if kind == 8:
        return sd.pyramid(rng.uniform(0.4, 0.7), rng.uniform(0.7, 1.3), rng.integer(3, 6))
    if kind == 9:
        radius = rng.uniform(0.15, 0.4)
        return sd.tube(torch.tensor([[0.0, -0.5, 0.0], [0.0, 0.5, 0.0]]), torch.tensor([radius, radius]))
    return sd.superquadric(rng.uniforms(0.35, 0.75, 3), rng.uniform(0.3, 1.6), rng.uniform(0.3, 1.6))


def simple(rng: RandomNumbers) -> Thing:
    """A primitive."""
    return single(primitive(rng))


def blobs(rng: RandomNumbers) -> Thing:
    """Ellipsoids melted into each other."""
    parts = [
        sd.placed(sd.ellipsoid(rng.uniforms(0.2, 0.6, 3)), rng.rotation(), (rng.normals(3) * 0.3).tolist())
        for _ in range(rng.integer(2, 5))
    ]
    return Thing(tuple(parts), rng.uniform(0.05, 0.4))


def heap(rng: RandomNumbers) -> Thing:
    """Primitives pushed into each other, creases sharp or filled."""
    parts = [
        sd.placed(primitive(rng), rng.rotation(), (rng.normals(3) * 0.35).tolist(), rng.uniform(0.4, 0.9))
        for _ in range(rng.integer(2, 4))
    ]
    return Thing(tuple(parts), rng.uniform(0.03, 0.2) if rng.chance(0.5) else 0.0)


def carved(rng: RandomNumbers) -> Thing:
    """A primitive with notches and holes."""
    solid = primitive(rng)
    for _ in range(rng.integer(1, 2)):
        offset = rng.direction() * rng.uniform(0.2, 0.7)
        cut = sd.placed(primitive(rng), rng.rotation(), offset.tolist(), rng.uniform(0.3, 0.6))
        solid = sd.difference(solid, cut)
    return single(solid)


def hollow(rng: RandomNumbers) -> Thing:
    """Something open at one end: cup, bowl, bucket, box without a lid; inside of another colour at times."""
    wall, half = rng.uniform(0.04, 0.12), rng.uniform(0.25, 0.6)
    raised = (0.0, wall, 0.0)
    kind = rng.integer(0, 2)
    if kind == 0:
        radius, top = rng.uniform(0.35, 0.65), rng.uniform(0.8, 1.5)
        outside, inside = sd.cylinder(radius, half, 0.02, top), sd.cylinder(radius - wall, half, top=top)
    elif kind == 1:
        width, depth = rng.uniforms(0.35, 0.7, 2)
        outside, inside = sd.box([width, half, depth], 0.02), sd.box([width - wall, half, depth - wall])
    else:
        radius, raised = rng.uniform(0.4, 0.7), (0.0, 0.0, 0.0)
        outside = sd.ellipsoid([radius, half + 0.2, radius])
        inside = sd.ellipsoid([radius - wall, half + 0.2 - wall, radius - wall])
        rim = rng.uniform(-0.1, 0.4) * half
        outside = sd.difference(outside, halfspace_above(rim))
    solid = sd.difference(outside, sd.placed(inside, None, raised))
    if rng.chance(0.6):
        return single(solid)
    lining = sd.difference(sd.intersection(outside, sd.placed(inside, None, raised, 1.03)), inside)
    return Thing((solid, lining))


def worm(rng: RandomNumbers) -> Thing:
    """A tube along a curve, thick or thin, tapered: banana, snake, horn, hose; tips of another colour at times."""
    t = torch.linspace(-1, 1, 12)
    wave = rng.normals(2, 3) * 0.25 @ torch.stack([t**2, t**3, (3 * t).sin()])
    curve = torch.stack([t * rng.uniform(0.5, 0.9), *wave], 1)
    thick, taper = rng.uniform(0.07, 0.32), rng.uniform(0.1, 1.0)
    radii = thick * (1 - (1 - taper) * t.abs() ** rng.uniform(1, 5))
    body = sd.tube(curve, radii)
    if rng.chance(0.3):  # angular rather than round
        return single(body)
    tips = [sd.tube(curve[:2], radii[:2] + 0.01), sd.tube(curve[-2:], radii[-2:] + 0.01)]
    return Thing((body, *tips[: rng.integer(0, 2)]), 0.02)


def rings(rng: RandomNumbers) -> Thing:
    """One to three rings, with a coat on one side at times: doughnuts, tyres, bracelets."""
    parts: list[Field] = []
    for k in range(rng.integer(1, 3)):
        radius, tube = rng.uniform(0.35, 0.5), rng.uniform(0.12, 0.28)
        rotation = rng.rotation() if k else torch.eye(3)
        offset = (rng.normals(3) * 0.35).tolist() if k else (0, 0, 0)
        parts.append(sd.placed(sd.torus(radius, tube), rotation, offset))
        if rng.chance(0.5):
            coat = sd.intersection(sd.torus(radius, tube + 0.025), halfspace_above(rng.uniform(-0.05, 0.1)))
            parts.append(sd.placed(coat, rotation, offset))
    return Thing(tuple(parts))


def halfspace_above(height: float) -> Field:
    """The points whose y is more than `height`."""
    return lambda p: height - p[:, 1]


def sheet(rng: RandomNumbers) -> Thing:
    """A thin bent plate: leaf, petal, sail, tile, bowl of a spoon."""
    half = rng.uniforms(0.35, 0.75, 2)
    thickness = rng.uniform(0.03, 0.07)
    flat = (
        sd.ellipsoid([half[0], half[1], thickness * 1.6])
        if rng.chance(0.5)
        else sd.box([half[0], half[1], thickness], thickness * 0.9)
    )
    a, b, c = (0.5 * rng.normals(3)).tolist()

    def bowed(p: torch.Tensor) -> torch.Tensor:
        x, y, z = p.unbind(1)
        return flat(torch.stack([x, y, z - a * x**2 - b * y**2 - c * x * y], 1)) * 0.7

    return single(bowed)


def twins(rng: RandomNumbers) -> Thing:
    """The same primitive several times in a row or ring: beads, fingers, petals, stones."""
    solid, count = primitive(rng), rng.integer(3, 6)
    scale = rng.uniform(0.3, 0.5)
    parts = []
    for k in range(count):
        if count > 4:
            angle = torch.tensor(2 * torch.pi * k / count)
            at = [0.6 * float(angle.cos()), 0.0, 0.6 * float(angle.sin())]
        else:
            at = [0.55 * (k - (count - 1) / 2), 0.1 * float(rng.normals()), 0.1 * float(rng.normals())]
        parts.append(sd.placed(solid, None, at, scale))
    return Thing(tuple(parts), rng.uniform(0, 0.1))


RULES = (*[simple] * 9, hollow, hollow, blobs, heap, heap, carved, worm, worm, rings, sheet, twins)
