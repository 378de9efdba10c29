# SPDX-License-Identifier: GPL-3.0-or-later
"""The rendered pictures with their true surfaces, made on demand and kept as long as the scripts stay the same."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import build
from tests.benchmark.scenes.cases import Case

CACHE = build.ROOT / "out-bench" / "scenes"

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Scene:
    """A picture's file and what it shows."""

    picture: Path
    depth: Floats
    """(N, N) in half crops towards the camera, NaN outside."""
    normal: Floats
    """(N, N, 3) unit, x right, y up, z towards the camera, NaN outside."""


def folder() -> Path:
    """Where the pictures of the scripts as they are now lie."""
    scripts = sorted(script for script in Path(__file__).parent.glob("*.py") if script.name != Path(__file__).name)
    return CACHE / hashlib.sha256(b"".join(script.read_bytes() for script in scripts)).hexdigest()[:12]


def make(cases: Sequence[Case]) -> None:
    """Renders those of `cases` that aren't there. Raises build.BuildError where Blender can't be had or fails."""
    missing = [case.name for case in cases if not (folder() / case.name).exists()]
    if not missing:
        return
    python = build.blender_python(build.default_blender())
    command = [str(python), "-m", "tests.benchmark.scenes.render", str(folder()), "--only", *missing]
    answer = subprocess.run(command, cwd=build.ROOT, capture_output=True, text=True, check=False)
    if answer.returncode:
        raise build.BuildError(f"The scenes can't be rendered: {answer.stderr.strip()}")


def load(case: Case) -> Scene:
    """The scene of `case`, which `make` has made."""
    home = folder() / case.name
    depth, normal = (np.load(home / f"{name}.npy").astype(np.float64) for name in ("depth", "normal"))
    return Scene(home / "picture.png", depth, normal)
