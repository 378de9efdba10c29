# SPDX-License-Identifier: GPL-3.0-or-later
"""A guest of the house for its tests: the outline, blown up like a balloon."""

from __future__ import annotations

from dataclasses import dataclass

from ...contract.method import Method  # type: ignore[import-not-found]  # where it will lie
from ...contract.settings import setting  # type: ignore[import-not-found]  # where it will lie


@dataclass(frozen=True)
class Balloon:
    """Its settings."""

    resolution: int = setting(48, "Pixels across the crop", low=32, high=128, unit="px")
    pressure: float = setting(0.5, "Depth by that of a balloon", low=0.1, high=1.0, option=True)


METHOD = Method(
    name="balloon", label="Balloon", paper="Balloon", settings=Balloon, presets={"draft": {}, "standard": {}}
)
