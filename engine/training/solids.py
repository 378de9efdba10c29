# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules for things that look right in any pose: primitives, heaps of them, carved ones, tubes, sheets."""

from __future__ import annotations

import torch

from engine.training import signed_distance as sd
from engine.training.dice import Dice
from engine.training.signed_distance import Field
from engine.training.thing import Thing, single


def primitive(dice: Dice) -> Field:
    """One simple solid, its proportions drawn at random."""
    kind, rounding = dice.integer(0, 10), dice.uniform(0, 0.15) * dice.integer(0, 1)
    if kind == 0:
        return sd.ellipsoid([dice.uniform(0.5, 0.8)] * 3)
    if kind == 1:
        return sd.ellipsoid(dice.uniforms(0.3, 0.9, 3))
    if kind in (2, 3):
        return sd.box(dice.uniforms(0.25, 0.7, 3), rounding)
    if kind == 4:
        return sd.box([dice.uniform(0.4, 0.6)] * 3, rounding)
    if kind == 5:
        return sd.cylinder(dice.uniform(0.2, 0.6), dice.uniform(0.3, 0.8), rounding)
    if kind == 6:
        return sd.cylinder(dice.uniform(0.4, 0.7), dice.uniform(0.4, 0.7), top=dice.uniform(0, 0.5))
    if kind == 7:
        return sd.torus(dice.uniform(0.4, 0.6), dice.uniform(0.12, 0.3))
    if kind == 8:
        return sd.pyramid(dice.uniform(0.4, 0.7), dice.uniform(0.7, 1.3), dice.integer(3, 6))
    if kind == 9:
        radius = dice.uniform(0.15, 0.4)
        return sd.tube(torch.tensor([[0.0, -0.5, 0.0], [0.0, 0.5, 0.0]]), torch.tensor([radius, radius]))
    return sd.superquadric(dice.uniforms(0.35, 0.75, 3), dice.uniform(0.3, 1.6), dice.uniform(0.3, 1.6))


def simple(dice: Dice) -> Thing:
    """A primitive."""
    return single(primitive(dice))


def blobs(dice: Dice) -> Thing:
    """Ellipsoids melted into each other."""
    parts = [
        sd.placed(sd.ellipsoid(dice.uniforms(0.2, 0.6, 3)), dice.rotation(), (dice.normals(3) * 0.3).tolist())
        for _ in range(dice.integer(2, 5))
    ]
    return Thing(tuple(parts), dice.uniform(0.05, 0.4))


def heap(dice: Dice) -> Thing:
    """Primitives pushed into each other, creases sharp or filled."""
    parts = [
        sd.placed(primitive(dice), dice.rotation(), (dice.normals(3) * 0.35).tolist(), dice.uniform(0.4, 0.9))
        for _ in range(dice.integer(2, 4))
    ]
    return Thing(tuple(parts), dice.uniform(0.03, 0.2) if dice.chance(0.5) else 0.0)


def carved(dice: Dice) -> Thing:
    """A primitive with notches and holes."""
    solid = primitive(dice)
    for _ in range(dice.integer(1, 2)):
        offset = dice.direction() * dice.uniform(0.2, 0.7)
        cut = sd.placed(primitive(dice), dice.rotation(), offset.tolist(), dice.uniform(0.3, 0.6))
        solid = sd.difference(solid, cut)
    return single(solid)


def hollow(dice: Dice) -> Thing:
    """Something open at one end: cup, bowl, bucket, box without a lid; inside of another colour at times."""
    wall, half = dice.uniform(0.04, 0.12), dice.uniform(0.25, 0.6)
    raised = (0.0, wall, 0.0)
    kind = dice.integer(0, 2)
    if kind == 0:
        radius, top = dice.uniform(0.35, 0.65), dice.uniform(0.8, 1.5)
        outside, inside = sd.cylinder(radius, half, 0.02, top), sd.cylinder(radius - wall, half, top=top)
    elif kind == 1:
        width, depth = dice.uniforms(0.35, 0.7, 2)
        outside, inside = sd.box([width, half, depth], 0.02), sd.box([width - wall, half, depth - wall])
    else:
        radius, raised = dice.uniform(0.4, 0.7), (0.0, 0.0, 0.0)
        outside = sd.ellipsoid([radius, half + 0.2, radius])
        inside = sd.ellipsoid([radius - wall, half + 0.2 - wall, radius - wall])
        rim = dice.uniform(-0.1, 0.4) * half
        outside = sd.difference(outside, halfspace_above(rim))
    solid = sd.difference(outside, sd.placed(inside, None, raised))
    if dice.chance(0.6):
        return single(solid)
    lining = sd.difference(sd.intersection(outside, sd.placed(inside, None, raised, 1.03)), inside)
    return Thing((solid, lining))


def worm(dice: Dice) -> Thing:
    """A tube along a curve, thick or thin, tapered: banana, snake, horn, hose; tips of another colour at times."""
    t = torch.linspace(-1, 1, 12)
    wave = dice.normals(2, 3) * 0.25 @ torch.stack([t**2, t**3, (3 * t).sin()])
    curve = torch.stack([t * dice.uniform(0.5, 0.9), *wave], 1)
    thick, taper = dice.uniform(0.07, 0.32), dice.uniform(0.1, 1.0)
    radii = thick * (1 - (1 - taper) * t.abs() ** dice.uniform(1, 5))
    body = sd.tube(curve, radii)
    if dice.chance(0.3):  # angular rather than round
        return single(body)
    tips = [sd.tube(curve[:2], radii[:2] + 0.01), sd.tube(curve[-2:], radii[-2:] + 0.01)]
    return Thing((body, *tips[: dice.integer(0, 2)]), 0.02)


def rings(dice: Dice) -> Thing:
    """One to three rings, with a coat on one side at times: doughnuts, tyres, bracelets."""
    parts: list[Field] = []
    for k in range(dice.integer(1, 3)):
        radius, tube = dice.uniform(0.35, 0.5), dice.uniform(0.12, 0.28)
        rotation = dice.rotation() if k else torch.eye(3)
        offset = (dice.normals(3) * 0.35).tolist() if k else (0, 0, 0)
        parts.append(sd.placed(sd.torus(radius, tube), rotation, offset))
        if dice.chance(0.5):
            coat = sd.intersection(sd.torus(radius, tube + 0.025), halfspace_above(dice.uniform(-0.05, 0.1)))
            parts.append(sd.placed(coat, rotation, offset))
    return Thing(tuple(parts))


def halfspace_above(height: float) -> Field:
    """The points whose y is more than `height`."""
    return lambda p: height - p[:, 1]


def sheet(dice: Dice) -> Thing:
    """A thin bent plate: leaf, petal, sail, tile, bowl of a spoon."""
    half = dice.uniforms(0.35, 0.75, 2)
    thickness = dice.uniform(0.03, 0.07)
    flat = (
        sd.ellipsoid([half[0], half[1], thickness * 1.6])
        if dice.chance(0.5)
        else sd.box([half[0], half[1], thickness], thickness * 0.9)
    )
    a, b, c = (0.5 * dice.normals(3)).tolist()

    def bowed(p: torch.Tensor) -> torch.Tensor:
        x, y, z = p.unbind(1)
        return flat(torch.stack([x, y, z - a * x**2 - b * y**2 - c * x * y], 1)) * 0.7

    return single(bowed)


def twins(dice: Dice) -> Thing:
    """The same primitive several times in a row or ring: beads, fingers, petals, stones."""
    solid, count = primitive(dice), dice.integer(3, 6)
    scale = dice.uniform(0.3, 0.5)
    parts = []
    for k in range(count):
        if count > 4:
            angle = torch.tensor(2 * torch.pi * k / count)
            at = [0.6 * float(angle.cos()), 0.0, 0.6 * float(angle.sin())]
        else:
            at = [0.55 * (k - (count - 1) / 2), 0.1 * float(dice.normals()), 0.1 * float(dice.normals())]
        parts.append(sd.placed(solid, None, at, scale))
    return Thing(tuple(parts), dice.uniform(0, 0.1))


RULES = (*[simple] * 9, hollow, hollow, blobs, heap, heap, carved, worm, worm, rings, sheet, twins)
