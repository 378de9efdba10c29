# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects assembled by rules: each rule makes a kind of thing, its numbers are drawn at random, none is a copy.

All rules build things of about unit size, upright along y; `random_object` chooses a rule and deforms its result.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from engine.training import signed_distance as sd
from engine.training.signed_distance import Field


class Dice:
    """Random numbers from one generator, in the shapes that the rules need."""

    def __init__(self, generator: torch.Generator) -> None:
        self.generator = generator

    def uniform(self, low: float, high: float) -> float:
        """A number in [low, high)."""
        return low + (high - low) * float(torch.rand((), generator=self.generator))

    def uniforms(self, low: float, high: float, count: int) -> list[float]:
        """`count` independent numbers in [low, high)."""
        return [self.uniform(low, high) for _ in range(count)]

    def integer(self, low: int, high: int) -> int:
        """A whole number in [low, high]."""
        return int(torch.randint(low, high + 1, (), generator=self.generator))

    def chance(self, probability: float) -> bool:
        """True with the given probability."""
        return self.uniform(0, 1) < probability

    def normals(self, *shape: int) -> Tensor:
        """Standard normal numbers."""
        return torch.randn(shape, generator=self.generator)

    def rotation(self) -> Tensor:
        """A rotation (3, 3) drawn evenly from all rotations."""
        w, x, y, z = torch.nn.functional.normalize(self.normals(4), dim=0).tolist()
        return torch.tensor(
            [
                [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
                [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
                [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
            ]
        )


def turn(yaw: float, pitch: float, roll: float = 0.0) -> Tensor:
    """Rotation (3, 3): about y by `yaw`, then about x by `pitch`, then about z by `roll`, in radians."""

    def about(axis: int, angle: float) -> Tensor:
        c, s = math.cos(angle), math.sin(angle)
        i, j = [(1, 2), (2, 0), (0, 1)][axis]
        m = torch.eye(3)
        m[i, i], m[j, j], m[i, j], m[j, i] = c, c, -s, s
        return m

    return about(2, roll) @ about(0, pitch) @ about(1, yaw)


def primitive(dice: Dice) -> Field:
    """One simple solid, its proportions drawn at random."""
    kind, rounding = dice.integer(0, 8), dice.uniform(0, 0.15)
    if kind == 0:
        return sd.ellipsoid([dice.uniform(0.5, 0.8)] * 3)
    if kind == 1:
        return sd.ellipsoid(dice.uniforms(0.3, 0.9, 3))
    if kind == 2:
        return sd.box(dice.uniforms(0.25, 0.7, 3), rounding)
    if kind == 3:
        return sd.box([dice.uniform(0.4, 0.6)] * 3, rounding * dice.integer(0, 1))
    if kind == 4:
        return sd.cylinder(dice.uniform(0.2, 0.6), dice.uniform(0.3, 0.8), rounding)
    if kind == 5:
        return sd.cylinder(dice.uniform(0.4, 0.7), dice.uniform(0.4, 0.7), top=dice.uniform(0, 0.5))
    if kind == 6:
        return sd.torus(dice.uniform(0.4, 0.6), dice.uniform(0.15, 0.3))
    if kind == 7:
        return sd.pyramid(dice.uniform(0.4, 0.7), dice.uniform(0.7, 1.3), dice.integer(3, 6))
    return sd.superquadric(dice.uniforms(0.35, 0.75, 3), dice.uniform(0.3, 1.6), dice.uniform(0.3, 1.6))


def simple(dice: Dice) -> Field:
    """A primitive in any pose."""
    return sd.placed(primitive(dice), dice.rotation())


def blobs(dice: Dice) -> Field:
    """Ellipsoids melted into each other."""
    parts = [
        sd.placed(sd.ellipsoid(dice.uniforms(0.2, 0.6, 3)), dice.rotation(), (dice.normals(3) * 0.3).tolist())
        for _ in range(dice.integer(2, 5))
    ]
    return sd.union(parts, dice.uniform(0.1, 0.4))


def heap(dice: Dice) -> Field:
    """Primitives pushed into each other, creases sharp or filled."""
    parts = [
        sd.placed(primitive(dice), dice.rotation(), (dice.normals(3) * 0.35).tolist(), dice.uniform(0.4, 0.9))
        for _ in range(dice.integer(2, 4))
    ]
    return sd.union(parts, dice.uniform(0.03, 0.2) if dice.chance(0.6) else 0.0)


def carved(dice: Dice) -> Field:
    """A primitive with notches and holes."""
    solid = primitive(dice)
    for _ in range(dice.integer(1, 2)):
        offset = torch.nn.functional.normalize(dice.normals(3), dim=0) * dice.uniform(0.2, 0.7)
        solid = sd.difference(
            solid, sd.placed(primitive(dice), dice.rotation(), offset.tolist(), dice.uniform(0.3, 0.6))
        )
    return sd.placed(solid, dice.rotation())


def turned(dice: Dice) -> Field:
    """Something from the lathe: vase, bottle, bowl, chess piece; with a handle at times."""
    knots = dice.integer(3, 7)
    coarse = torch.tensor(dice.uniforms(0.12, 0.6, knots))
    radii = torch.nn.functional.interpolate(coarse[None, None], 33, mode="linear", align_corners=True)[0, 0]
    if dice.chance(0.8):  # rounded profile rather than straight flanks
        radii = torch.nn.functional.avg_pool1d(radii[None, None], 7, 1, 3, count_include_pad=False)[0, 0]
    height = dice.uniform(0.4, 1.0)
    heights = torch.linspace(-height, height, 33)
    solid = sd.lathe(heights, radii)
    if dice.chance(0.4):  # hollow, open at the top
        wall = dice.uniform(0.04, 0.1)
        solid = sd.difference(
            solid, sd.placed(sd.lathe(heights, (radii - wall).clamp_min(0.02)), None, (0, 2 * wall, 0))
        )
    if dice.chance(0.3):
        radius = dice.uniform(0.15, 0.35)
        handle = sd.placed(
            sd.torus(radius, dice.uniform(0.04, 0.09)), turn(0, math.pi / 2), (float(radii[16]) + radius / 2, 0, 0)
        )
        solid = sd.union([solid, sd.difference(handle, sd.lathe(heights, radii - 0.03))], 0.04)
    return solid


def worm(dice: Dice) -> Field:
    """A tube along a curve, thick or thin, tapered: banana, snake, horn, hose."""
    t = torch.linspace(-1, 1, 14)
    curve = torch.stack(
        [t * dice.uniform(0.5, 0.9), *(dice.normals(2, 3) * 0.25 @ torch.stack([t**2, t**3, (3 * t).sin()]))], 1
    )
    thick, taper = dice.uniform(0.08, 0.3), dice.uniform(0.2, 1.0)
    radii = thick * (1 - (1 - taper) * t.abs() ** dice.uniform(1, 4))
    return sd.placed(sd.tube(curve, radii), dice.rotation())


def _limb(dice: Dice, start: list[float], direction: Tensor, length: float, radius: float) -> Field:
    """A limb of two bones with a joint, from `start` (its foot) along `direction` (3,)."""
    origin = torch.tensor(start)
    elbow = origin + direction * length / 2 + dice.normals(3) * 0.06
    end = elbow + direction * length / 2 + dice.normals(3) * 0.08
    return sd.tube(
        torch.stack([origin, elbow, end]), radius * torch.tensor([1.0, dice.uniform(0.6, 1), dice.uniform(0.5, 1.1)])
    )


def creature(dice: Dice) -> Field:
    """A toy animal or doll: body, head with ears and snout, paired limbs, a tail; symmetric."""
    body_radii = dice.uniforms(0.22, 0.42, 3)
    head, up, forward = dice.uniform(0.16, 0.34), body_radii[1], body_radii[2]
    head_at = [0.0, up + head * dice.uniform(0.4, 0.9), forward * dice.uniform(-0.2, 1.0)]
    parts = [
        sd.ellipsoid(body_radii),
        sd.placed(sd.ellipsoid([head * s for s in dice.uniforms(0.8, 1.2, 3)]), None, head_at),
    ]
    if dice.chance(0.6):
        snout = [0.0, head_at[1] - 0.1 * head, head_at[2] + head]
        parts.append(sd.placed(sd.ellipsoid([head * s for s in dice.uniforms(0.25, 0.6, 3)]), None, snout))
    if dice.chance(0.7):
        ear = sd.ellipsoid(
            [head * s for s in (dice.uniform(0.2, 0.5), dice.uniform(0.3, 1.0), dice.uniform(0.12, 0.3))]
        )
        at = [head * dice.uniform(0.4, 0.9), head_at[1] + head * dice.uniform(0.5, 1.1), head_at[2]]
        parts.append(sd.mirrored(sd.placed(ear, turn(0, 0, dice.uniform(-0.8, 0.3)), at)))
    thick = dice.uniform(0.06, 0.14)
    for height in (0.4, -0.7):
        down = torch.nn.functional.normalize(
            torch.tensor([dice.uniform(0.1, 1.0), dice.uniform(-1.0, 0.3 + height), dice.uniform(-0.3, 0.9)]), dim=0
        )
        start = [body_radii[0] * 0.7, body_radii[1] * height, 0.0]
        parts.append(sd.mirrored(_limb(dice, start, down, dice.uniform(0.25, 0.6), thick)))
    if dice.chance(0.4):
        parts.append(
            _limb(
                dice,
                [0.0, -up * 0.5, -forward],
                torch.tensor([0.0, dice.uniform(-0.3, 0.8), -1.0]),
                dice.uniform(0.2, 0.6),
                thick * 0.7,
            )
        )
    return sd.union(parts, dice.uniform(0.02, 0.12))


def furniture(dice: Dice) -> Field:
    """Chair, stool, table, bench: a board on legs, with a back and arms at times."""
    width, depth, board, legs = (
        dice.uniform(0.3, 0.6),
        dice.uniform(0.3, 0.5),
        dice.uniform(0.03, 0.1),
        dice.uniform(0.2, 0.5),
    )
    thick = dice.uniform(0.03, 0.07)
    leg = sd.cylinder(thick, legs, top=dice.uniform(0.6, 1.6)) if dice.chance(0.5) else sd.box([thick, legs, thick])
    parts = [sd.box([width, board, depth], board * dice.uniform(0, 0.9))]
    parts += [sd.mirrored(sd.placed(leg, None, (width - thick, -legs, z))) for z in (thick - depth, depth - thick)]
    if dice.chance(0.6):
        height = dice.uniform(0.25, 0.6)
        back = sd.placed(
            sd.box([width, height, thick], thick * 0.8), turn(0, dice.uniform(-0.25, 0)), (0, height, thick - depth)
        )
        parts.append(back)
    if dice.chance(0.3):
        parts.append(
            sd.mirrored(sd.placed(sd.box([thick, dice.uniform(0.1, 0.25), depth], thick * 0.8), None, (width, 0.15, 0)))
        )
    return sd.union(parts, dice.uniform(0, 0.06))


def stack(dice: Dice) -> Field:
    """Layers on each other: burger, cake, pile, tyre, mushroom."""
    parts, height = [], 0.0
    for _ in range(dice.integer(2, 6)):
        half, radius = dice.uniform(0.05, 0.2), dice.uniform(0.35, 0.7)
        layer = sd.cylinder(radius, half, half * dice.uniform(0.2, 0.95), top=dice.uniform(0.8, 1.0))
        if dice.chance(0.3):
            layer = sd.ellipsoid([radius, half * 1.2, radius])
        parts.append(sd.placed(layer, None, (dice.uniform(-0.05, 0.05), height + half, dice.uniform(-0.05, 0.05))))
        height += 1.7 * half
    return sd.placed(sd.union(parts, dice.uniform(0, 0.05)), None, (0, -height / 2, 0))


def fruit(dice: Dice) -> Field:
    """A round thing with furrows, dents or bumps, with a stalk at times: fruit, cactus, stone, cushion."""
    radii = dice.uniforms(0.45, 0.75, 3)
    body = sd.superquadric(radii, dice.uniform(0.7, 1.2), dice.uniform(0.7, 1.2))
    ribs, depth = dice.integer(4, 14), dice.uniform(0.0, 0.06)

    def furrowed(p: Tensor) -> Tensor:
        return body(p) - depth * (ribs * torch.atan2(p[:, 2], p[:, 0])).cos()

    field: Field = furrowed if dice.chance(0.5) else body
    if dice.chance(0.5):
        dent = sd.ellipsoid([dice.uniform(0.1, 0.3)] * 3)
        field = sd.difference(field, sd.placed(dent, None, (0, radii[1], 0)))
    if dice.chance(0.4):
        stalk = sd.tube(
            torch.tensor([[0, radii[1] * 0.7, 0], [dice.uniform(-0.1, 0.1), radii[1] + dice.uniform(0.1, 0.4), 0]]),
            torch.tensor([0.05, 0.04]),
        )
        field = sd.union([field, stalk], 0.03)
    return field


def group(dice: Dice) -> Field:
    """Two things side by side."""
    first, second = (UPRIGHT_RULES[dice.integer(0, len(UPRIGHT_RULES) - 1)](dice) for _ in range(2))
    side = dice.uniform(0.5, 0.9)
    return sd.union(
        [
            sd.placed(first, None, (-side / 2, 0, 0), 0.7),
            sd.placed(
                second, None, (side / 2, dice.uniform(-0.2, 0.2), dice.uniform(-0.4, 0.4)), dice.uniform(0.4, 0.7)
            ),
        ]
    )


Rule = Callable[[Dice], Field]
ANY_POSE_RULES: list[Rule] = [simple, simple, blobs, heap, carved, worm]
UPRIGHT_RULES: list[Rule] = [turned, creature, creature, furniture, stack, fruit, turned, fruit]


def random_object(dice: Dice) -> Field:
    """An object in a pose as pictures show it: the y axis up, seen from somewhat above more often than not."""
    if dice.chance(0.45):
        field = ANY_POSE_RULES[dice.integer(0, len(ANY_POSE_RULES) - 1)](dice)
    else:
        field = (group if dice.chance(0.1) else UPRIGHT_RULES[dice.integer(0, len(UPRIGHT_RULES) - 1)])(dice)
        if dice.chance(0.15):
            field = sd.bent(field, dice.uniform(-0.8, 0.8))
        if dice.chance(0.1):
            field = sd.twisted(field, dice.uniform(-1.5, 1.5))
        field = sd.placed(
            field, turn(dice.uniform(0, 2 * math.pi), dice.uniform(-0.2, 0.8), 0.15 * float(dice.normals()))
        )
    if dice.chance(0.25):
        count = 6
        frequencies = (
            torch.nn.functional.normalize(dice.normals(count, 3), dim=1)
            * torch.tensor(dice.uniforms(2, 14, count))[:, None]
        )
        field = sd.displaced(
            field, frequencies, torch.tensor(dice.uniforms(0, 2 * math.pi, count)), dice.uniform(0.005, 0.03)
        )
    return field
