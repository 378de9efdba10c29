# SPDX-License-Identifier: GPL-3.0-or-later
"""How long a job will take and how much memory, by the last ones that this machine has done."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Any, NamedTuple

from ..engine.contract.method import methods
from ..engine.contract.protocol import LOADING, LOOKING_AROUND, PAINTING, READING, STARTING
from .history import Entry, Status

LAST = 3  # jobs that count
SAME = ("method", "guidance", "device", "estimator", "outpainter")  # what has to be so for jobs to be compared
# Phases that resolution doesn't matter for.
ONCE = {phase.text for phase in (READING, STARTING, LOADING, PAINTING, LOOKING_AROUND)}


class Estimate(NamedTuple):
    """Seconds, and bytes at the most."""

    seconds: float
    memory: int


def estimate(entries: Sequence[Entry], params: dict[str, Any], settings: dict[str, Any]) -> Estimate | None:
    """What the job with these `params` and resolved `settings` will take; None where nothing like it was done here.

    From the last jobs with the same settings, else from the last one with others, whose phases are scaled by the work
    that is in them.
    """
    like = [
        entry
        for entry in entries
        if entry.status is Status.DONE
        and entry.seconds
        and not entry.params.get("resume")  # it tells the seconds of its last part only
        and all(entry.params.get(key) == params.get(key) for key in SAME)
        and bool(entry.params.get("prompt")) == bool(params.get("prompt"))
    ]
    if same := [entry for entry in like if entry.settings == settings][-LAST:]:
        return Estimate(median(sum(entry.seconds.values()) for entry in same), max(entry.memory for entry in same))
    method = methods()[params["method"]]
    if (work := method.work) is None or not like:
        return None
    last = like[-1]
    if any(work(phase, settings) and not work(phase, last.settings) for phase in method.phases):
        return None
    scaled = (
        seconds if phase in ONCE else seconds * work(phase, settings) / work(phase, last.settings)
        for phase, seconds in last.seconds.items()
    )
    return Estimate(sum(scaled), last.memory)
