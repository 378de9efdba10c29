# SPDX-License-Identifier: GPL-3.0-or-later
"""Kill it anywhere, fill its disk: the older result is whole until the new one is, and going on gives the same bits."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.conftest import LONG

pytestmark = [
    pytest.mark.faults,
    pytest.mark.skipif(sys.platform == "win32", reason="processes are forked"),
]
ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(("method", "some"), [("dreamtexture", 12), ("pop3d", 6)])
def test_a_kill_or_a_full_disk_loses_nothing(
    method: str, some: int, tmp_path: Path, tell: Callable[[str], None]
) -> None:
    command = [sys.executable, "-m", "tests.faults.killing", method, str(tmp_path), str(10_000 if LONG else some)]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout.splitlines()[-1])
    losses = found["losses"]
    tell(f"{found['killed']} kills of {found['points']} points, {found['full']} full disks, {len(losses)} losses")
    assert found["points"] > 60
    assert losses == []
