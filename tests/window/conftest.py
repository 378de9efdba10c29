# SPDX-License-Identifier: GPL-3.0-or-later
"""A complete Blender with a window: the one that BLENDER names, else the one on PATH."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import build

OLDEST = (4, 2)
LIMIT = 300  # seconds after which Blender is ended, so that the test fails


@pytest.fixture(scope="session")
def blender() -> str:
    """A Blender that can open a window; skips where there is none."""
    named, found = os.environ.get("BLENDER"), shutil.which("blender")
    if named is None and sys.platform == "linux" and not {"DISPLAY", "WAYLAND_DISPLAY"} & set(os.environ):
        pytest.skip("there is no screen, and BLENDER names no Blender that does without")
    blender = named or found
    if blender is None:
        pytest.skip("there is no Blender: none on PATH, and the variable BLENDER is not set")
    answer = subprocess.run([blender, "--version"], capture_output=True, text=True, check=True).stdout
    version = re.search(r"Blender (\d+)\.(\d+)", answer)
    if version is None or (int(version[1]), int(version[2])) < OLDEST:
        pytest.skip(f"{blender} is older than Blender {OLDEST[0]}.{OLDEST[1]}")
    return blender


@pytest.fixture(scope="session")
def perform(blender: str, tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], dict[str, Any]]:
    """Runs a script in Blender's window, with the extension installed from its zip; what the script reports."""

    def performed(script: Path) -> dict[str, Any]:
        home = tmp_path_factory.mktemp("blender")
        environment = os.environ | {
            "BLENDER_USER_RESOURCES": str(home / "user"),
            "XDG_CACHE_HOME": str(home / "cache"),
            "DRAPE_ENGINE_PYTHON": sys.executable,
            "SAMPLE": str(build.SAMPLE),
            "REPORT": str(home / "report.json"),
        }
        archive = build.package(folder=home)
        install = ["--command", "extension", "install-file", "--repo", "user_default", "--enable", str(archive)]
        printed = ""
        for arguments in (install, ["--enable-event-simulate", "--python", str(script)]):
            printed += subprocess.run(
                [blender, *arguments],
                env=environment, timeout=LIMIT, check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            ).stdout  # fmt: skip
        report: dict[str, Any] = json.loads((home / "report.json").read_text())
        assert "traceback" not in report, report["traceback"]
        return report | {"printed": printed}

    return performed
