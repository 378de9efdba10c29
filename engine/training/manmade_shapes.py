# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules for made things, upright along y: vessels, furniture, stacks, robots, tools, vehicles, buildings."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from engine.training import signed_distance as sd
from engine.training.random_numbers import RandomNumbers, turn
from engine.training.signed_distance import Field
from engine.training.solids import halfspace_above, primitive
from engine.training.thing import Thing


def _profile(rng: RandomNumbers, knots: int, low: float, high: float) -> Tensor:
    """Radii (33,) of something from the lathe, through `knots` random ones."""
    coarse = torch.tensor(rng.uniforms(low, high, knots))
    radii = F.interpolate(coarse[None, None], 33, mode="linear", align_corners=True)[0, 0]
    if rng.chance(0.8):  # rounded profile rather than straight flanks
        radii = F.avg_pool1d(radii[None, None], 9, 1, 4, count_include_pad=False)[0, 0]
    return radii


def _hollow(solid: Field, heights: Tensor, radii: Tensor, wall: float) -> Field:
    inner = sd.lathe(heights, (radii - wall).clamp_min(0.02))
    return sd.difference(solid, sd.placed(inner, None, (0, 2 * wall, 0)))


def _handle(rng: RandomNumbers, at: tuple[float, float, float], size: float) -> Field:
    """Half a ring that stands out along x."""
    ring = sd.torus(size, rng.uniform(0.03, 0.08))
    stretch = rng.uniform(1.0, 1.7)
    upright = sd.placed(ring, turn(0, math.pi / 2))
    return sd.placed(lambda p: upright(p / torch.tensor([1.0, stretch, 1.0])), None, at)


def vessel(rng: RandomNumbers) -> Thing:
    """Something from the lathe: vase, bottle, bowl, cup, chess piece, lamp; in bands, with a handle at times."""
    height = rng.uniform(0.35, 1.0)
    heights = torch.linspace(-height, height, 33)
    radii = _profile(rng, rng.integer(2, 7), 0.12, 0.6)
    solid = sd.lathe(heights, radii)
    if rng.chance(0.45):
        solid = _hollow(solid, heights, radii, rng.uniform(0.05, 0.12))
    parts = [solid]
    if rng.chance(0.3):
        size = rng.uniform(0.15, 0.35)
        handle = _handle(rng, (float(radii[16]) + size / 3, 0.0, 0.0), size)
        parts.append(sd.difference(handle, sd.lathe(heights, radii - 0.02)))
    for _ in range(rng.integer(0, 3)):  # rims, feet, bands
        k = rng.integer(0, 32)
        ring = sd.torus(float(radii[k]), rng.uniform(0.02, 0.06))
        parts.append(sd.placed(ring, None, (0.0, float(heights[k]), 0.0)))
    return Thing(tuple(parts), rng.uniform(0, 0.04))


def pot(rng: RandomNumbers) -> Thing:
    """A round body with a lid and its knob, a spout and a handle: teapot, jug, kettle, watering can."""
    wide, high = rng.uniform(0.4, 0.6), rng.uniform(0.3, 0.6)
    body = sd.superquadric([wide, high, wide], rng.uniform(0.6, 1.2), 1.0)
    parts: list[Field] = [body]
    tip = [wide + rng.uniform(0.15, 0.4), high * rng.uniform(0.1, 1.0), 0.0]
    bend = [wide + 0.1, high * rng.uniform(-0.2, 0.3), 0.0]
    start = [wide * 0.7, -high * rng.uniform(0.1, 0.5), 0.0]
    thick = rng.uniform(0.06, 0.13)
    parts.append(sd.tube(torch.tensor([start, bend, tip]), thick * torch.tensor([1.4, 1.0, rng.uniform(0.6, 1.1)])))
    if rng.chance(0.8):
        size = high * rng.uniform(0.4, 0.7)
        parts.append(sd.difference(_handle(rng, (-wide - size * 0.2, 0.0, 0.0), size), body))
    else:
        parts.append(sd.placed(sd.torus(wide * 0.9, 0.04), turn(0, math.pi / 2), (0.0, high * 0.6, 0.0)))
    lid = wide * rng.uniform(0.4, 0.7)
    parts.append(sd.placed(sd.ellipsoid([lid, rng.uniform(0.08, 0.16), lid]), None, (0.0, high * 0.93, 0.0)))
    knob = rng.uniform(0.05, 0.1)
    parts.append(sd.placed(sd.ellipsoid([knob, knob, knob]), None, (0.0, high + 0.12, 0.0)))
    if rng.chance(0.5):
        parts.append(sd.placed(sd.cylinder(wide * 0.6, 0.06, 0.02), None, (0.0, -high, 0.0)))
    return Thing(tuple(parts), rng.uniform(0, 0.06))


def furniture(rng: RandomNumbers) -> Thing:
    """Chair, stool, table, bench, armchair: a board on legs, with a back and arms at times."""
    width, depth = rng.uniform(0.3, 0.6), rng.uniform(0.3, 0.5)
    board, legs = rng.uniform(0.03, 0.16), rng.uniform(0.1, 0.5)
    thick = rng.uniform(0.03, 0.08)
    leg = sd.cylinder(thick, legs, top=rng.uniform(0.6, 1.6)) if rng.chance(0.5) else sd.box([thick, legs, thick])
    parts = [sd.box([width, board, depth], board * rng.uniform(0, 0.9))]
    parts += [sd.mirrored(sd.placed(leg, None, (width - thick, -legs, z))) for z in (thick - depth, depth - thick)]
    if rng.chance(0.7):
        height, back = rng.uniform(0.25, 0.6), rng.uniform(0.03, 0.12)
        tilted = turn(0, rng.uniform(-0.25, 0))
        at = (0, height, back - depth)
        if rng.chance(0.6):
            parts.append(sd.placed(sd.box([width, height, back], back * rng.uniform(0.1, 0.9)), tilted, at))
        else:
            for k in range(3):
                bar = sd.box([width / 8, height, back / 2], back * 0.3)
                parts.append(sd.mirrored(sd.placed(bar, tilted, (width * (0.1 + 0.4 * k), height, back - depth))))
    if rng.chance(0.4):
        arm, high = rng.uniform(0.04, 0.12), rng.uniform(0.1, 0.25)
        parts.append(sd.mirrored(sd.placed(sd.box([arm, high, depth], arm * 0.8), None, (width, high, 0))))
    return Thing(tuple(parts), rng.uniform(0, 0.05))


def stack(rng: RandomNumbers) -> Thing:
    """Layers on each other: burger, cake, pile, tower, mushroom."""
    parts, height = [], 0.0
    square = rng.chance(0.2)
    for _ in range(rng.integer(2, 6)):
        half, radius = rng.uniform(0.04, 0.2), rng.uniform(0.35, 0.7)
        rounding = half * rng.uniform(0.2, 0.95)
        layer = sd.cylinder(radius, half, rounding, top=rng.uniform(0.8, 1.0))
        if square:
            layer = sd.box([radius, half, radius * 0.8], rounding)
        elif rng.chance(0.35):
            dome = sd.ellipsoid([radius, half * 2, radius])
            layer = sd.intersection(dome, halfspace_above(-half * rng.uniform(0.3, 2)))
        elif rng.chance(0.2):
            waves, depth = rng.integer(5, 14), rng.uniform(0.02, 0.07)
            layer = _wavy(layer, waves, depth)
        parts.append(sd.placed(layer, None, (rng.uniform(-0.05, 0.05), height + half, rng.uniform(-0.05, 0.05))))
        height += 1.8 * half
    return Thing(tuple(parts), rng.uniform(0, 0.04)).changed(lambda f: sd.placed(f, None, (0, -height / 2, 0)))


def spread(rng: RandomNumbers) -> Thing:
    """Things set out on a board, a plate or the bare ground: a still life, a meal, toys, houses."""
    half, square = rng.uniform(0.5, 0.8), rng.chance(0.6)
    slab = rng.uniform(0.03, 0.12)
    board = sd.box([half, slab, half * rng.uniform(0.6, 1.0)], 0.02) if square else sd.cylinder(half, slab, 0.02)
    parts = [sd.placed(board, None, (0.0, -slab, 0.0))]
    for _ in range(rng.integer(2, 7)):
        size, angle, distance = rng.uniform(0.2, 0.55), rng.uniform(0, 2 * math.pi), half * rng.uniform(0, 0.75)
        at = (distance * math.cos(angle), size * rng.uniform(0.3, 0.6), 0.7 * distance * math.sin(angle))
        standing = sd.placed(primitive(rng), turn(rng.uniform(0, 2 * math.pi), 0), at, size)
        parts.append(sd.intersection(standing, lambda p: -0.05 - p[:, 1]))  # nothing shows below the board
    kept = parts if rng.chance(0.75) else parts[1:]
    return Thing(tuple(kept), 0.0 if rng.chance(0.7) else rng.uniform(0.01, 0.04))


def _wavy(field: Field, waves: int, depth: float) -> Field:
    """`field` with its height going up and down round the y axis: a leaf of lettuce, a skirt."""

    def shifted(p: Tensor) -> Tensor:
        lift = depth * (waves * torch.atan2(p[:, 2], p[:, 0])).sin() * p[:, [0, 2]].norm(dim=1)
        return field(torch.stack([p[:, 0], p[:, 1] + lift, p[:, 2]], 1)) * 0.8

    return shifted


def robot(rng: RandomNumbers) -> Thing:
    """Boxes and tubes: body, head, eyes, arms, legs, antennas; symmetric."""

    def block(half: list[float]) -> Field:
        if rng.chance(0.25):
            return sd.cylinder(half[0], half[1], min(half) * rng.uniform(0, 0.8))
        return sd.box(half, min(half) * rng.uniform(0, 0.9))

    body = [rng.uniform(0.2, 0.42), rng.uniform(0.2, 0.45), rng.uniform(0.15, 0.35)]
    head = [rng.uniform(0.15, 0.4), rng.uniform(0.12, 0.3), rng.uniform(0.12, 0.3)]
    neck = body[1] + head[1] + rng.uniform(-0.02, 0.1)
    parts = [block(body), sd.placed(block(head), None, (0, neck, 0))]
    eye = rng.uniform(0.03, 0.09)
    eyes = sd.placed(sd.ellipsoid([eye, eye, eye * 0.5]), None, (head[0] * rng.uniform(0.3, 0.6), neck, head[2]))
    parts.append(sd.mirrored(eyes))
    shoulder, hip = [body[0], body[1] * 0.6, 0.0], [body[0] * 0.5, -body[1], 0.0]
    thick = rng.uniform(0.05, 0.11)
    hand = [body[0] + rng.uniform(0.1, 0.5), rng.uniform(-0.4, 0.6), rng.uniform(-0.2, 0.5)]
    parts.append(sd.mirrored(sd.tube(torch.tensor([shoulder, hand]), torch.tensor([thick, thick]))))
    if rng.chance(0.6):
        parts.append(sd.mirrored(sd.placed(primitive(rng), None, hand, thick * 2)))
    if rng.chance(0.8):
        length = rng.uniform(0.15, 0.5)
        foot = [hip[0] + 0.05, hip[1] - length, 0.0]
        parts.append(sd.mirrored(sd.tube(torch.tensor([hip, foot]), torch.tensor([thick, thick]))))
        shoe = sd.box([thick * 1.5, thick, thick * 2], thick * rng.uniform(0.1, 0.9))
        parts.append(sd.mirrored(sd.placed(shoe, None, (foot[0], foot[1], thick))))
    for _ in range(rng.integer(0, 2)):
        top = neck + head[1]
        root = [head[0] * rng.uniform(0, 0.8), top, 0.0]
        end = [root[0] + rng.uniform(-0.1, 0.15), top + rng.uniform(0.1, 0.35), 0.0]
        antenna = sd.tube(torch.tensor([root, end]), torch.tensor([0.03, 0.02]))
        parts.append(sd.mirrored(antenna))
        parts.append(sd.mirrored(sd.placed(sd.ellipsoid([0.05] * 3), None, end)))
    return Thing(tuple(parts), rng.uniform(0, 0.03))


def tool(rng: RandomNumbers) -> Thing:
    """A grip with a head: microphone, hammer, brush, spoon, torch, umbrella, lollipop."""
    length, thick = rng.uniform(0.4, 0.9), rng.uniform(0.04, 0.14)
    grip = (
        sd.cylinder(thick, length, thick * rng.uniform(0, 0.8), top=rng.uniform(0.6, 1.6))
        if rng.chance(0.7)
        else sd.box([thick, length, thick * rng.uniform(0.4, 1)], thick * 0.3)
    )
    parts: list[Field] = [grip]
    size = rng.uniform(0.15, 0.45)
    parts.append(sd.placed(primitive(rng), turn(0, 0, math.pi / 2 * rng.integer(0, 1)), (0, length, 0), size))
    if rng.chance(0.4):
        parts.append(sd.placed(primitive(rng), None, (0, -length, 0), size * rng.uniform(0.3, 0.8)))
    for _ in range(rng.integer(0, 3)):
        band = sd.cylinder(thick * rng.uniform(1.05, 1.5), rng.uniform(0.02, 0.08), 0.01)
        parts.append(sd.placed(band, None, (0, length * rng.uniform(-0.9, 0.9), 0)))
    tilted = turn(0, 0, rng.uniform(-1.2, 1.2))
    return Thing(tuple(parts), rng.uniform(0, 0.03)).changed(lambda f: sd.placed(f, tilted))


def vehicle(rng: RandomNumbers) -> Thing:
    """A body with a cabin on wheels: car, van, tractor, train."""
    half = [rng.uniform(0.22, 0.4), rng.uniform(0.12, 0.25), rng.uniform(0.5, 0.8)]
    cabin = [half[0] * rng.uniform(0.7, 1), rng.uniform(0.1, 0.25), half[2] * rng.uniform(0.25, 0.7)]
    at = (0, half[1] + cabin[1] * 0.8, half[2] * rng.uniform(-0.5, 0.4))
    parts: list[Field] = [
        sd.box(half, min(half) * rng.uniform(0.05, 0.9)),
        sd.placed(sd.box(cabin, min(cabin) * rng.uniform(0.1, 0.9)), None, at),
    ]
    window = [cabin[0] * 1.02, cabin[1] * 0.6, cabin[2] * 0.7]
    parts.append(sd.placed(sd.box(window, 0.02), None, at))
    radius, width = rng.uniform(0.1, 0.24), rng.uniform(0.04, 0.1)
    wheel = sd.placed(sd.cylinder(radius, width, width * 0.5), turn(0, 0, math.pi / 2))
    hub = sd.placed(sd.cylinder(radius * 0.5, width * 1.1, 0.01), turn(0, 0, math.pi / 2))
    for z in (-0.6, 0.6):
        for solid in (wheel, hub):
            parts.append(sd.mirrored(sd.placed(solid, None, (half[0], -half[1], z * half[2]))))
    lamp = sd.placed(sd.ellipsoid([0.05, 0.05, 0.03]), None, (half[0] * 0.7, 0, half[2]))
    return Thing((*parts, sd.mirrored(lamp)), rng.uniform(0, 0.03))


def building(rng: RandomNumbers) -> Thing:
    """A block with a roof, a tower, a chimney, windows: house, castle, lighthouse."""
    half = [rng.uniform(0.3, 0.5), rng.uniform(0.2, 0.5), rng.uniform(0.3, 0.5)]
    roof = sd.pyramid(max(half[0], half[2]) * rng.uniform(1.0, 1.25), rng.uniform(0.3, 0.7), 4)
    squared = turn(math.pi / 4 * rng.integer(0, 1), 0)
    parts: list[Field] = [sd.box(half), sd.placed(roof, squared, (0, half[1] + 0.2, 0))]
    if rng.chance(0.5):
        radius, tall = rng.uniform(0.1, 0.22), half[1] + rng.uniform(0.1, 0.4)
        corner = (half[0], tall - half[1], half[2])
        parts.append(sd.placed(sd.cylinder(radius, tall), None, corner))
        cone = sd.cylinder(radius * 1.3, 0.15, top=0.0)
        parts.append(sd.placed(cone, None, (corner[0], corner[1] + tall + 0.15, corner[2])))
    pane = sd.box([0.06, 0.09, 0.03])
    for x, y in ((-0.5, 0.3), (0.5, 0.3), (-0.5, -0.4), (0.5, -0.4)):
        parts.append(sd.placed(pane, None, (x * half[0], y * half[1], half[2])))
    parts.append(sd.placed(sd.box([0.07, 0.2, 0.07]), None, (half[0] * 0.5, half[1] + 0.3, 0)))
    return Thing(tuple(parts))


RULES = (vessel, vessel, pot, pot, furniture, stack, stack, spread, spread, robot, robot, tool, tool, vehicle, building)
