# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects assembled by rules: each rule makes a kind of thing, its numbers are drawn at random, none is a copy."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch.nn import functional as F

from engine.training import manmade_shapes, organic_shapes, solids
from engine.training import signed_distance as sd
from engine.training.random_numbers import RandomNumbers
from engine.training.thing import Thing, together


@dataclass(frozen=True)
class RandomObject:
    """An object, and whether it has an up (the y axis) or looks right in any pose."""

    thing: Thing
    upright: bool


def random_object(rng: RandomNumbers) -> RandomObject:
    """An object by one of the rules, bent, twisted or roughened at times; about unit size."""
    upright = rng.chance(0.45)
    thing = _by_rule(rng) if upright else solids.RULES[rng.integer(0, len(solids.RULES) - 1)](rng)
    if upright and rng.chance(0.08):
        side = rng.uniform(0.5, 0.9)
        left = thing.changed(lambda f: sd.placed(f, None, (-side / 2, 0, 0), 0.7))
        at, size = (side / 2, rng.uniform(-0.2, 0.2), rng.uniform(-0.4, 0.4)), rng.uniform(0.4, 0.7)
        thing = together([left, _by_rule(rng).changed(lambda f: sd.placed(f, None, at, size))])
    if rng.chance(0.2):
        curvature = rng.uniform(-0.9, 0.9)
        thing = thing.changed(lambda f: sd.bent(f, curvature))
    if rng.chance(0.08):
        rate = rng.uniform(-1.5, 1.5)
        thing = thing.changed(lambda f: sd.twisted(f, rate))
    if rng.chance(0.25):
        count = 6
        frequencies = F.normalize(rng.normals(count, 3), dim=1) * torch.tensor(rng.uniforms(2, 16, count))[:, None]
        phases, amplitude = torch.tensor(rng.uniforms(0, 2 * math.pi, count)), rng.uniform(0.003, 0.02)
        thing = thing.changed(lambda f: sd.displaced(f, frequencies, phases, amplitude))
    return RandomObject(thing, upright or rng.chance(0.4))  # a box may lie anyhow or stand on a table


def _by_rule(rng: RandomNumbers) -> Thing:
    rules = (*manmade_shapes.RULES, *organic_shapes.RULES)
    return rules[rng.integer(0, len(rules) - 1)](rng)
