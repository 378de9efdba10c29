# SPDX-License-Identifier: GPL-3.0-or-later
"""What becomes of bytes on their way: cut, overwritten, doubled, and numbers that are none."""

from __future__ import annotations

import random
from typing import Any

NASTY: list[Any] = [
    None, True, False, 0, -1, 2**31, 2**63, 10**400, -1e308, 1e308, "", "x", "\0", "\ud800", "../..", "/dev/zero",
    "x" * 5000, [], {}, [[]], {"a": {}}, [1, "x", None],
]  # fmt: skip
SPLICED = [b"[" * 200_000, b"1e999", b"NaN", b"-Infinity", b"\xff\xfe", b"\0" * 40, b'"\\ud800"', b"9" * 5000, b"{}"]


def mutated(data: bytes, chance: random.Random) -> bytes:
    """`data` with something wrong at one place or a few."""
    kind = chance.randrange(5)
    if not data or kind == 0:
        return data[: chance.randrange(len(data) + 1)]
    at = chance.randrange(len(data))
    if kind == 1:
        return data[:at] + chance.choice(SPLICED) + data[at:]
    if kind == 2:
        return data[:at] + data[at + chance.randrange(1, 64) :]
    many = bytearray(data)
    for _ in range(chance.choice((1, 1, 3, 30))):
        many[chance.randrange(len(many))] = chance.choice((0, 255, 127, chance.randrange(256)))
    return bytes(many)


def mutated_value(value: Any, chance: random.Random) -> Any:
    """`value`, made of lists and dicts, with something else at one place within, or something missing there."""
    if isinstance(value, dict) and value and chance.random() < 0.9:
        name = chance.choice(sorted(value))
        if chance.random() < 0.2:
            return {key: inner for key, inner in value.items() if key != name}
        return {**value, name: mutated_value(value[name], chance)}
    if isinstance(value, list) and value and chance.random() < 0.5:
        at = chance.randrange(len(value))
        return [*value[:at], mutated_value(value[at], chance), *value[at + 1 :]]
    return chance.choice(NASTY)
