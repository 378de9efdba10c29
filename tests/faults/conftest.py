# SPDX-License-Identifier: GPL-3.0-or-later
"""Attacks on what is promised: that nothing is lost. They tell their counts at the end; DRAPE_FAULTS=long does more."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest

LONG = os.environ.get("DRAPE_FAULTS") == "long"
COUNTS = "counts"


@pytest.fixture
def tell(record_property: Callable[[str, Any], None]) -> Callable[[str], None]:
    """Keeps a line with counts for the end of the session."""
    return lambda text: record_property(COUNTS, text)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Shows the counts."""
    for report in (report for kind in ("passed", "failed") for report in terminalreporter.stats.get(kind, ())):
        for name, text in report.user_properties:
            if name == COUNTS:
                terminalreporter.write_line(f"{report.nodeid.rpartition('::')[2]}: {text}")
