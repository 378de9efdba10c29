# SPDX-License-Identifier: GPL-3.0-or-later
"""What becomes of the words decides nothing about the work."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
@pytest.mark.parametrize("streams", [">/dev/full", ">&-", "2>&-", ">/dev/full 2>/dev/full", "<&- >&- 2>&-"])
def test_a_command_that_has_done_its_work_is_done(streams: str) -> None:
    command = f'exec "{sys.executable}" -m engine models {streams}'
    assert subprocess.run(["sh", "-c", command], cwd=ROOT, check=False, stderr=subprocess.DEVNULL).returncode == 0


def test_words_that_the_terminal_has_no_letters_for(tmp_path: Path) -> None:
    """The refusal names the file, whatever it is called."""
    environment = os.environ | {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    command = [sys.executable, "-m", "engine", "cut-out", str(tmp_path / "Tässchen 茶.png"), "--output", "mask.png"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=False)
    assert done.returncode == 2
    assert done.stderr.count(b"\n") == 1
    assert b"\\u8336" in done.stderr
