# SPDX-License-Identifier: GPL-3.0-or-later
"""The main job on a CUDA device: taken without being asked for, and the same surface as on the CPU."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.gpu
def test_the_main_job_agrees_with_the_cpu(ball: Path, tmp_path: Path) -> None:
    results = {}
    for device in ("auto", "cpu"):
        output = tmp_path / device
        job = ["reconstruct", str(ball), "--output", str(output), "--guidance", "embedded", "--device", device]
        subprocess.run([sys.executable, "-m", "engine", *job], cwd=ROOT, check=True)
        result = json.loads((output / "result.json").read_text())
        with np.load(output / "mesh.npz") as mesh:
            results[device] = result, np.load(output / "depth.npy"), mesh["vertices"]
    assert results["auto"][0]["device"].startswith("cuda")
    assert results["auto"][0]["peak_memory"]["device"] > 0
    for on_gpu, on_cpu in zip(results["auto"][1:], results["cpu"][1:], strict=True):
        np.testing.assert_allclose(on_gpu, on_cpu, rtol=0, atol=1e-2)
