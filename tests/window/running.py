# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a script in the window of a complete Blender: the one that BLENDER names, else the one on PATH."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import build

OLDEST = (4, 2)
LIMIT = 600  # seconds after which Blender is ended


class NoBlenderError(Exception):
    """Why there is no Blender that can open a window."""


def find() -> str:
    """A Blender that can open a window. Raises NoBlenderError where there is none."""
    named, found = os.environ.get("BLENDER"), shutil.which("blender")
    if named is None and sys.platform == "linux" and not {"DISPLAY", "WAYLAND_DISPLAY"} & set(os.environ):
        raise NoBlenderError("there is no screen, and BLENDER names no Blender that does without")
    blender = named or found
    if blender is None:
        raise NoBlenderError("there is no Blender: none on PATH, and the variable BLENDER is not set")
    answer = subprocess.run([blender, "--version"], capture_output=True, text=True, check=True).stdout
    version = re.search(r"Blender (\d+)\.(\d+)", answer)
    if version is None or (int(version[1]), int(version[2])) < OLDEST:
        raise NoBlenderError(f"{blender} is older than Blender {OLDEST[0]}.{OLDEST[1]}")
    return blender


def perform(blender: str, script: Path, home: Path, **variables: str) -> dict[str, Any]:
    """Runs `script` in a window of `blender`, with the extension installed from its zip and all that it writes in the
    folder `home`: what the script reports, and what Blender has `printed`. Raises RuntimeError where the script does.
    """
    environment = os.environ | {
        "BLENDER_USER_RESOURCES": str(home / "user"),
        "XDG_CACHE_HOME": str(home / "cache"),
        "DRAPE_ENGINE_PYTHON": sys.executable,
        "SAMPLE": str(build.SAMPLE),
        "REPORT": str(home / "report.json"),
        **variables,
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
    if "traceback" in report:
        raise RuntimeError(report["traceback"])
    return report | {"printed": printed}
