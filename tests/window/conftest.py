# SPDX-License-Identifier: GPL-3.0-or-later
"""A complete Blender with a window, for the tests that need one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.window import running


@pytest.fixture(scope="session")
def blender() -> str:
    """A Blender that can open a window; skips where there is none."""
    try:
        return running.find()
    except running.NoBlenderError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def perform(blender: str, tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], dict[str, Any]]:
    """Runs a script in Blender's window; what the script reports."""
    return lambda script: running.perform(blender, script, tmp_path_factory.mktemp("blender"))
