# SPDX-License-Identifier: GPL-3.0-or-later
"""The mask painted by hand, in a complete Blender with a window."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

PAINTER = Path(__file__).with_name("painter.py")


def test_strokes_take_away_and_put_back(perform: Callable[[Path], dict[str, Any]]) -> None:
    seen = perform(PAINTER)
    if not seen["has a brush"]:
        pytest.skip("this Blender came without its brushes")
    assert seen["taken away"] > 1000
    assert seen["still away"] < 0.7 * seen["taken away"]
