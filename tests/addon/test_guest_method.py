# SPDX-License-Identifier: GPL-3.0-or-later
"""A method that nobody else in the house has heard of, on the command line and through the worker."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import build
from tests.addon.conftest import LIMIT
from tests.guest.lodging import take_in

CALL = "import sys; from engine import cli; sys.exit(cli.main(sys.argv[1:]))"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The extension as it is in the zip, with the guest."""
    staged = build.stage(tmp_path_factory.mktemp("house") / "drape")
    take_in(staged / "engine")
    return staged


def test_the_command_line_knows_it(house: Path, ball: Path, tmp_path: Path) -> None:
    def engine(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", CALL, *arguments]
        return subprocess.run(command, cwd=house, capture_output=True, text=True, check=False)

    told = engine("reconstruct", "--help").stdout
    assert "dreamtexture|pop3d|balloon" in told
    assert "--pressure" in told
    output = tmp_path / "job"
    asked = ("reconstruct", str(ball), "--method", "balloon", "--output", str(output))
    done = engine(*asked, "--pressure", "0.25", "--set", "resolution=40")
    assert done.returncode == 0, done.stderr
    result = json.loads((output / "result.json").read_text())
    assert result["method"] == "balloon"
    assert result["settings"] == {"resolution": 40, "pressure": 0.25}
    assert np.load(output / "depth.npy").shape == (40, 40)
    assert {"mesh.npz", "mesh.glb"} <= set(result["files"])
    refused = engine(*asked, "--overwrite", "--pressure", "2")
    assert refused.returncode == 2
    assert "'pressure' lies between" in refused.stderr


def test_the_worker_does_it(house: Path, ball: Path, tmp_path: Path) -> None:
    command = [sys.executable, str(house / "engine"), "worker"]
    params = {"picture": str(ball), "method": "balloon", "output": str(tmp_path / "job"), "device": "cpu"}
    request = {"jsonrpc": "2.0", "id": 1, "method": "reconstruct", "params": params}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as worker:
        assert worker.stdin is not None
        assert worker.stdout is not None
        worker.stdin.write(json.dumps(request) + "\n")
        worker.stdin.flush()
        began, phases, answer = time.monotonic(), set(), {}
        while "id" not in answer and time.monotonic() - began < LIMIT:
            answer = json.loads(worker.stdout.readline())
            if answer.get("method") == "progress":
                phases.add(answer["params"]["phase"])
        worker.stdin.close()
    assert answer["result"] == {"folder": str(tmp_path / "job")}
    assert "Blowing up" in phases
