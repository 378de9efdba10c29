# SPDX-License-Identifier: GPL-3.0-or-later
"""A method that nobody else in the house has heard of, chosen in the panel of a Blender of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import build
from tests.blender.conftest import ENGINE_PYTHON
from tests.guest.lodging import take_in

SAMPLE = build.ROOT / "docs" / "sample.png"


def test_the_panel_offers_it_and_the_button_does_it(tmp_path: Path) -> None:
    staged = build.stage(tmp_path / "drape")
    take_in(staged / "engine")
    archive = tmp_path / "drape.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for path in sorted(staged.rglob("*")):
            file.write(path, path.relative_to(staged))
    (tmp_path / "results").mkdir()
    environment = os.environ | {
        "BLENDER_USER_RESOURCES": str(tmp_path / "blender"),
        "DRAPE_ENGINE_PYTHON": str(ENGINE_PYTHON),
    }
    script = build.BLENDER_TESTS / "main_job.py"
    paths = (archive, SAMPLE, "balloon", tmp_path / "results", tmp_path / "results")
    command = [sys.executable, str(script), *map(str, paths)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:]
    assert json.loads((tmp_path / "results" / "job" / "result.json").read_text())["method"] == "balloon"
    assert (tmp_path / "results" / "preview.png").exists()
