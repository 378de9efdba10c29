# SPDX-License-Identifier: GPL-3.0-or-later
"""What a job will take, by those that were done."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from drape.engine.contract.method import methods
from drape.engine_client.estimate import estimate
from drape.engine_client.history import Entry, Status

PARAMS = {"method": "dreamtexture", "guidance": "auto", "device": "auto", "estimator": "embedded", "seed": 0}


def resolved(**overrides: Any) -> dict[str, Any]:
    return dataclasses.asdict(methods()["dreamtexture"].resolve("standard", overrides))


def done(aligning: float, memory: int = 100, params: dict[str, Any] | None = None, **overrides: Any) -> Entry:
    seconds = {"Loading the models": 2.0, "Aligning texture": aligning, "Making mesh": 1.0}
    return Entry(
        "mug", {**PARAMS, **(params or {})}, Status.DONE, 0.0,
        settings=resolved(**overrides), seconds=seconds, memory=memory,
    )  # fmt: skip


def test_the_last_ones_of_the_same_kind() -> None:
    """The middle of the last three, and the most memory of them; another seed is the same kind."""
    entries = [done(100.0), done(10.0, 300), done(50.0, 200), done(20.0, 100)]
    assert estimate(entries, {**PARAMS, "seed": 7}, resolved()) == (23.0, 300)


def test_others_are_scaled_by_the_work() -> None:
    entries = [done(10.0, steps=50, noises=2, resolution=64)]
    assert estimate(entries, PARAMS, resolved(steps=100, noises=4, resolution=128)) == (2 + 10 * 16 + 4, 100)


@pytest.mark.parametrize("other", [{"device": "cpu"}, {"guidance": "embedded"}, {"prompt": "a cup"}])
def test_another_device_or_model_tells_nothing(other: dict[str, str]) -> None:
    assert estimate([done(10.0, params=other)], PARAMS, resolved()) is None


def test_nothing_is_known_of_what_was_never_done() -> None:
    failed = dataclasses.replace(done(10.0), status=Status.FAILED)
    assert estimate([], PARAMS, resolved()) is None
    assert estimate([failed], PARAMS, resolved()) is None
    assert estimate([done(0.0, steps=0)], PARAMS, resolved()) is None
    assert estimate([done(0.0, steps=0)], PARAMS, resolved(steps=0)) == (3.0, 100)
