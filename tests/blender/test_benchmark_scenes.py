# SPDX-License-Identifier: GPL-3.0-or-later
"""The benchmark's pictures of known surfaces."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import bpy
import numpy as np

import build


def test_a_rendered_sphere_is_a_sphere(tmp_path: Path) -> None:
    """Depth and normals are those of a ball, pixel by pixel, and the picture's alpha is where they are."""
    name = "sphere-shading-pose0-light0"
    command = [sys.executable, "-m", "tests.benchmark.scenes.render", str(tmp_path), "--only", name]
    subprocess.run(command, cwd=build.ROOT, check=True, capture_output=True)  # its own process: it resets Blender
    depth, normal = np.load(tmp_path / name / "depth.npy"), np.load(tmp_path / name / "normal.npy")

    size, radius = len(depth), 0.82
    centres = (np.arange(size) + 0.5) / size * 2 - 1
    x, y = np.meshgrid(centres, -centres)
    inside = np.hypot(x, y) < 0.98 * radius
    z = np.sqrt(np.maximum(radius**2 - x**2 - y**2, 0))
    assert np.abs(depth - z)[inside].max() < 0.01
    assert np.abs(normal - np.stack([x, y, z], -1) / radius)[inside].max() < 0.02

    image = bpy.data.images.load(str(tmp_path / name / "picture.png"))
    alpha = np.array(image.pixels).reshape(size, size, 4)[::-1, :, 3]
    assert ((alpha > 0.5) != np.isfinite(depth)).mean() < 0.002
