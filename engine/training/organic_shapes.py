# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules for grown things, upright along y: animals, dolls, birds, fish, fruit, plants."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from engine.training import signed_distance as sd
from engine.training.random_numbers import RandomNumbers, turn
from engine.training.signed_distance import Field
from engine.training.solids import primitive
from engine.training.thing import Thing


def _limb(rng: RandomNumbers, start: list[float], direction: Tensor, length: float, radius: float) -> Field:
    """A limb of two bones with a joint, from `start` (its foot) along `direction` (3,)."""
    origin = torch.tensor(start)
    elbow = origin + direction * length / 2 + rng.normals(3) * 0.06
    end = elbow + direction * length / 2 + rng.normals(3) * 0.08
    thickness = radius * torch.tensor([1.0, rng.uniform(0.6, 1), rng.uniform(0.5, 1.3)])
    return sd.tube(torch.stack([origin, elbow, end]), thickness)


def _face(rng: RandomNumbers, at: list[float], head: float) -> list[Field]:
    """Eyes and nose of a head of radius `head` at `at`, looking along z."""
    parts: list[Field] = []
    size = head * rng.uniform(0.1, 0.3)
    spread, up = rng.uniform(0.25, 0.6), rng.uniform(0.0, 0.35)
    out = (1 - spread**2 - up**2) ** 0.5
    eye = sd.ellipsoid([size, size * rng.uniform(0.8, 1.4), size * 0.6])
    where = [at[0] + head * spread, at[1] + head * up, at[2] + head * out]
    parts.append(sd.mirrored(sd.placed(eye, None, where)))
    if rng.chance(0.5):  # pupils
        pupil = sd.ellipsoid([size * 0.5, size * 0.5, size * 0.3])
        parts.append(sd.mirrored(sd.placed(pupil, None, [where[0], where[1], where[2] + size * 0.5])))
    if rng.chance(0.6):
        snout = sd.ellipsoid([head * s for s in rng.uniforms(0.2, 0.5, 3)])
        end = [at[0], at[1] - 0.2 * head, at[2] + head * 0.95]
        parts.append(sd.placed(snout, None, end))
        if rng.chance(0.6):
            nose = sd.ellipsoid([head * 0.12] * 3)
            parts.append(sd.placed(nose, None, [end[0], end[1] + head * 0.1, end[2] + head * 0.35]))
    return parts


def creature(rng: RandomNumbers) -> Thing:
    """A toy animal or doll: body, head with face and ears, paired limbs, a tail, a hat at times; symmetric."""
    body = rng.uniforms(0.22, 0.42, 3)
    head = rng.uniform(0.18, 0.38)
    at = [0.0, body[1] + head * rng.uniform(0.4, 0.9), body[2] * rng.uniform(-0.2, 0.9)]
    skull = [head * s for s in rng.uniforms(0.85, 1.15, 3)]
    parts = [sd.ellipsoid(body), sd.placed(sd.ellipsoid(skull), None, at), *_face(rng, at, head)]
    if rng.chance(0.75):
        size = (rng.uniform(0.2, 0.5), rng.uniform(0.25, 1.0), rng.uniform(0.12, 0.3))
        ear = sd.ellipsoid([head * s for s in size])
        root = [head * rng.uniform(0.4, 0.9), at[1] + head * rng.uniform(0.5, 1.1), at[2]]
        parts.append(sd.mirrored(sd.placed(ear, turn(0, 0, rng.uniform(-0.8, 0.3)), root)))
    thick = rng.uniform(0.06, 0.17)
    for height in (0.4, -0.7):
        down = torch.tensor([rng.uniform(0.1, 1.0), rng.uniform(-1.0, 0.3 + height), rng.uniform(-0.3, 0.9)])
        start = [body[0] * 0.7, body[1] * height, 0.0]
        limb = _limb(rng, start, F.normalize(down, dim=0), rng.uniform(0.25, 0.6), thick)
        parts.append(sd.mirrored(limb))
    if rng.chance(0.4):
        back = torch.tensor([0.0, rng.uniform(-0.3, 0.8), -1.0])
        parts.append(_limb(rng, [0.0, -body[1] * 0.5, -body[2]], back, rng.uniform(0.2, 0.6), thick * 0.7))
    if rng.chance(0.3):  # belly or bib
        parts.append(sd.placed(sd.ellipsoid([s * 0.8 for s in body]), None, [0.0, -0.05, body[2] * 0.27]))
    if rng.chance(0.15):
        parts.append(sd.placed(primitive(rng), None, [0.0, at[1] + head * 1.1, at[2]], head * 0.7))
    return Thing(tuple(parts), rng.uniform(0.01, 0.1))


def quadruped(rng: RandomNumbers) -> Thing:
    """A four-legged animal that stands, its body along z: dog, cow, elephant."""
    body = [rng.uniform(0.15, 0.3), rng.uniform(0.16, 0.32), rng.uniform(0.4, 0.6)]
    head = rng.uniform(0.13, 0.25)
    at = [0.0, body[1] + rng.uniform(0.0, 0.5), body[2] + head * rng.uniform(0.0, 0.8)]
    neck = sd.tube(torch.tensor([[0.0, body[1] * 0.4, body[2] * 0.7], at]), torch.tensor([body[0] * 0.8, head * 0.7]))
    parts = [sd.ellipsoid(body), neck, sd.placed(sd.ellipsoid([head, head, head * 1.2]), None, at)]
    parts += _face(rng, at, head)
    ear = sd.placed(
        sd.ellipsoid([head * s for s in rng.uniforms(0.15, 0.6, 3)]), None, [head * 0.7, at[1] + head * 0.8, at[2]]
    )
    parts.append(sd.mirrored(ear))
    thick, length = rng.uniform(0.05, 0.12), rng.uniform(0.3, 0.6)
    for z in (-0.7, 0.65):
        hip = torch.tensor([body[0] * 0.7, -body[1] * 0.3, z * body[2]])
        foot = hip + torch.tensor([0.0, -length, 0.2 * float(rng.normals())])
        parts.append(sd.mirrored(sd.tube(torch.stack([hip, foot]), thick * torch.tensor([1.4, 0.9]))))
    back = torch.tensor([0.0, rng.uniform(-0.8, 0.8), -0.7])
    parts.append(_limb(rng, [0.0, body[1] * 0.3, -body[2]], back, rng.uniform(0.2, 0.6), thick * 0.5))
    return Thing(tuple(parts), rng.uniform(0.02, 0.1))


def bird(rng: RandomNumbers) -> Thing:
    """A bird or duck, looking along z: body, head, beak, wings, tail, thin legs."""
    body = [rng.uniform(0.22, 0.4), rng.uniform(0.22, 0.4), rng.uniform(0.3, 0.5)]
    head = rng.uniform(0.15, 0.3)
    at = [0.0, body[1] + head * rng.uniform(0.2, 0.8), body[2] * rng.uniform(0.3, 0.8)]
    leaning = turn(0, rng.uniform(-0.8, 0.3))
    parts = [sd.placed(sd.ellipsoid(body), leaning), sd.placed(sd.ellipsoid([head] * 3), None, at)]
    beak = sd.placed(sd.cylinder(head * rng.uniform(0.2, 0.5), head * 0.5, top=0.1), turn(0, math.pi / 2))
    parts.append(sd.placed(beak, None, [0.0, at[1], at[2] + head * 1.2]))
    eye = sd.ellipsoid([head * rng.uniform(0.12, 0.3)] * 3)
    parts.append(sd.mirrored(sd.placed(eye, None, [head * 0.65, at[1] + head * 0.3, at[2] + head * 0.6])))
    wing = sd.ellipsoid([0.07, body[1] * rng.uniform(0.5, 1), body[2] * rng.uniform(0.6, 1.2)])
    spread = turn(0, rng.uniform(-0.6, 0.6), rng.uniform(-1.2, 0.1))
    parts.append(sd.mirrored(sd.placed(wing, spread, [body[0] * 0.95, 0.05, -0.1])))
    tail = sd.box([rng.uniform(0.08, 0.2), 0.03, 0.25], 0.02)
    parts.append(sd.placed(tail, turn(0, rng.uniform(-0.5, 0.7)), [0.0, rng.uniform(-0.1, 0.2), -body[2] - 0.1]))
    if rng.chance(0.6):
        leg = torch.tensor([[0.12, -body[1] * 0.7, 0.0], [0.13, -body[1] - rng.uniform(0.1, 0.4), 0.02]])
        parts.append(sd.mirrored(sd.tube(leg, torch.tensor([0.04, 0.03]))))
        foot = sd.ellipsoid([0.08, 0.03, 0.12])
        parts.append(sd.mirrored(sd.placed(foot, None, [0.13, float(leg[1, 1]), 0.06])))
    return Thing(tuple(parts), rng.uniform(0.0, 0.06))


def fish(rng: RandomNumbers) -> Thing:
    """A fish, its body along z: flat body, fins, eyes, bands of colour."""
    body = [rng.uniform(0.1, 0.28), rng.uniform(0.22, 0.45), rng.uniform(0.5, 0.7)]
    parts: list[Field] = [sd.superquadric(body, rng.uniform(0.8, 1.3), rng.uniform(0.8, 1.2))]
    fin = rng.uniform(0.035, 0.07)

    def plate(height: float, length: float) -> Field:
        return sd.ellipsoid([fin, height, length])

    tail = [0.0, 0.0, -body[2] - 0.1]
    for tilt in (-0.6, 0.6):
        parts.append(sd.placed(plate(0.12, rng.uniform(0.2, 0.35)), turn(0, tilt), tail))
    parts.append(sd.placed(plate(rng.uniform(0.1, 0.25), 0.3), turn(0, 0.2), [0.0, body[1], -0.1]))
    if rng.chance(0.6):
        parts.append(sd.placed(plate(0.1, 0.15), turn(0, 0.4), [0.0, -body[1], -0.2]))
    side = sd.placed(plate(0.1, 0.2), turn(rng.uniform(-0.9, -0.2), 0.3), [body[0], -0.05, 0.1])
    parts.append(sd.mirrored(side))
    eye = sd.ellipsoid([0.04, 0.07, 0.07])
    parts.append(sd.mirrored(sd.placed(eye, None, [body[0] * 0.75, body[1] * 0.3, body[2] * 0.6])))
    for _ in range(rng.integer(0, 2)):
        z = rng.uniform(-0.5, 0.5) * body[2]
        slab = sd.placed(sd.box([1.0, 1.0, rng.uniform(0.04, 0.1)]), None, (0, 0, z))
        parts.append(sd.intersection(sd.superquadric([s + 0.004 for s in body], 1.0, 1.0), slab))
    return Thing(tuple(parts), rng.uniform(0.0, 0.04))


def _ribbed(field: Field, ribs: int, depth: float) -> Field:
    """`field` with furrows from pole to pole round the y axis."""
    return lambda p: field(p) - depth * (ribs * torch.atan2(p[:, 2], p[:, 0])).cos()


def fruit(rng: RandomNumbers) -> Thing:
    """A round thing with furrows or dents, with stalk and leaves at times: fruit, stone, cushion."""
    radii = rng.uniforms(0.45, 0.75, 3)
    if rng.chance(0.6):
        radii[2] = radii[0]
    body = sd.superquadric(radii, rng.uniform(0.7, 1.2), rng.uniform(0.8, 1.2))
    if rng.chance(0.5):
        body = _ribbed(body, rng.integer(4, 14), rng.uniform(0.0, 0.06))
    if rng.chance(0.5):
        dent = sd.ellipsoid([rng.uniform(0.1, 0.3)] * 3)
        body = sd.difference(body, sd.placed(dent, None, (0, radii[1], 0)))
    parts = [body]
    top = radii[1]
    if rng.chance(0.5):
        bend = [rng.uniform(-0.15, 0.15), top + rng.uniform(0.1, 0.4), rng.uniform(-0.1, 0.1)]
        parts.append(sd.tube(torch.tensor([[0.0, top * 0.7, 0.0], bend]), torch.tensor([0.05, 0.04])))
    for _ in range(rng.integer(0, 3)):
        leaf = sd.ellipsoid([rng.uniform(0.08, 0.15), 0.03, rng.uniform(0.2, 0.35)])
        yaw = rng.uniform(0, 2 * math.pi)
        at = (0.25 * math.sin(yaw), top + 0.05, 0.25 * math.cos(yaw))
        parts.append(sd.placed(leaf, turn(yaw, 0), at))
    return Thing(tuple(parts), rng.uniform(0, 0.04))


def plant(rng: RandomNumbers) -> Thing:
    """Something that grows in a pot: cactus with arms, balls on stems, a bush, a flower, a tree."""
    wide, high = rng.uniform(0.2, 0.4), rng.uniform(0.15, 0.3)
    parts: list[Field] = [sd.placed(sd.cylinder(wide * 0.8, high, 0.02, top=1.25), None, (0, -0.5 - high, 0))]
    parts.append(sd.placed(sd.torus(wide, 0.05), None, (0, -0.5, 0)))
    kind = rng.integer(0, 2)
    if kind == 0:  # a thick stem with arms
        thick, tall = rng.uniform(0.12, 0.25), rng.uniform(0.2, 0.7)
        stem = sd.tube(torch.tensor([[0.0, -0.6, 0.0], [0.0, tall, 0.0]]), torch.tensor([thick, thick]))
        parts.append(_ribbed(stem, rng.integer(6, 12), rng.uniform(0, 0.02)))
        for side in (-1.0, 1.0)[: rng.integer(0, 2)]:
            out, low = thick + rng.uniform(0.1, 0.25), rng.uniform(-0.3, 0.2)
            arm = torch.tensor(
                [[0.0, low, 0.0], [side * out, low, 0.0], [side * out, low + rng.uniform(0.1, 0.4), 0.0]]
            )
            parts.append(sd.tube(arm, torch.full((3,), thick * rng.uniform(0.5, 0.8))))
    elif kind == 1:  # a crown of balls or leaves
        stem = sd.tube(torch.tensor([[0.0, -0.6, 0.0], [0.0, 0.2, 0.0]]), torch.tensor([0.06, 0.05]))
        parts.append(stem)
        for _ in range(rng.integer(1, 7)):
            at = (rng.normals(3) * 0.22 + torch.tensor([0.0, 0.35, 0.0])).tolist()
            leaf = sd.ellipsoid(rng.uniforms(0.08, 0.35, 3))
            parts.append(sd.placed(leaf, rng.rotation(), at))
    else:  # a ball with furrows
        size = rng.uniform(0.3, 0.5)
        ball = _ribbed(sd.ellipsoid([size, size * rng.uniform(0.8, 1.3), size]), rng.integer(6, 16), 0.03)
        parts.append(sd.placed(ball, None, (0, -0.4 + size * 0.7, 0)))
        parts.append(sd.placed(sd.ellipsoid([0.1, 0.06, 0.1]), None, (0, -0.4 + size * 1.6, 0)))
    return Thing(tuple(parts), rng.uniform(0, 0.03))


def draped(rng: RandomNumbers) -> Thing:
    """A cloth over something round, wavy at its hem, with a face at times: ghost, bell, dress, tent."""
    height, wide = rng.uniform(0.5, 0.8), rng.uniform(0.35, 0.6)
    heights = torch.linspace(-height, height, 33)
    s = torch.linspace(0, 1, 33)
    radii = wide * (1 - s ** rng.uniform(2, 4)).clamp_min(0.001) ** 0.5 * (1 + rng.uniform(0, 0.6) * (1 - s) ** 2)
    folds, depth = rng.integer(4, 12), rng.uniform(0.02, 0.1)
    cloth = sd.lathe(heights, radii)

    def folded(p: Tensor) -> Tensor:
        low = ((height - p[:, 1]) / (2 * height)).clamp(0, 1)
        return (cloth(p) + depth * low * (folds * torch.atan2(p[:, 2], p[:, 0])).cos()) * 0.8

    parts: list[Field] = [folded]
    if rng.chance(0.7):
        parts += _face(rng, [0.0, height * 0.35, 0.0], wide * 0.85)
    if rng.chance(0.5):
        arm = sd.ellipsoid([rng.uniform(0.1, 0.3), 0.09, 0.09])
        parts.append(sd.mirrored(sd.placed(arm, turn(0, 0, rng.uniform(-0.8, 0.8)), (wide, 0.0, 0.0))))
    return Thing(tuple(parts), rng.uniform(0, 0.05))


RULES = (creature, creature, creature, quadruped, bird, bird, fish, fish, fruit, fruit, plant, plant, draped)
