# SPDX-License-Identifier: GPL-3.0-or-later
"""The ways to a surface that are compared, by name."""

from __future__ import annotations

import functools
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

import build
from engine.dreamtexture.depth import normals
from engine.dreamtexture.inflation import inflate
from tests.benchmark.measuring.subjects import Estimate, Method, Subject
from tests.benchmark.methods.shape_from_shading import shape_from_shading


def method(name: str, device: str = "cpu", weights: Path | None = None) -> Method:
    """The way called `name`: one of BASELINES, "embedded", or a preset of the engine's, optionally with settings as
    in "standard,steps=100"."""
    if name in BASELINES:
        return BASELINES[name]
    if name == "embedded":
        return functools.partial(embedded, estimator(device, weights))
    return functools.partial(reconstructed, name.split(","), device)


def flat(subject: Subject) -> Estimate:
    """A plane that faces the camera."""
    normal = np.zeros_like(subject.normal)
    normal[..., 2] = 1
    return Estimate(np.zeros_like(subject.depth), normal)


def inflation(subject: Subject, height: float = 1.0) -> Estimate:
    """The outline blown up so that a disc becomes a ball; `height` times as high."""
    depth = height * inflate(subject.mask)
    return Estimate(depth, normals(depth, subject.mask))


def half_inflation(subject: Subject) -> Estimate:
    """The outline blown up to half the height: of all fixed heights the best for the real pictures."""
    return inflation(subject, 0.5)


def shading(subject: Subject) -> Estimate:
    """Classical shape from shading, at half the resolution: its iteration is slow."""
    depth, normal = shape_from_shading(subject.rgb[::2, ::2], subject.mask[::2, ::2])
    return Estimate(*(image.repeat(2, 0).repeat(2, 1) for image in (depth, normal)))


def embedded(estimator: Any, subject: Subject) -> Estimate:
    """The embedded estimator alone."""
    found = estimator.surface(subject.rgb, subject.mask)
    return Estimate(np.asarray(found.depth, np.float64), np.asarray(found.normal, np.float64))


def reconstructed(preset: list[str], device: str, subject: Subject) -> Estimate:
    """What a job of the engine's finds; `preset` is its name and settings as NAME=VALUE."""
    with tempfile.TemporaryDirectory() as temporary:
        command = [sys.executable, "-m", "engine", "reconstruct", str(subject.file), "--output", temporary]
        command += ["--preset", preset[0], "--device", device]
        for one in preset[1:]:
            command += ["--set", one]
        answer = subprocess.run(command, cwd=build.ROOT, capture_output=True, text=True, check=False)
        if answer.returncode:
            raise build.BuildError(f"The engine failed on {subject.name}: {answer.stderr.strip()}")
        crop = json.loads(Path(temporary, "result.json").read_text(encoding="utf-8"))["crop"]
        depth, normal = (np.load(Path(temporary, f"{name}.npy")).astype(np.float64) for name in ("depth", "normal"))
    # The engine's crop is its own: look each of the subject's pixels up in it.
    centres = (np.arange(len(subject.mask)) + 0.5) / len(subject.mask) * subject.crop.size
    rows, columns = (
        np.clip(((centres + own - theirs) / crop["size"] * len(depth)).astype(int), 0, len(depth) - 1)
        for own, theirs in ((subject.crop.y, crop["y"]), (subject.crop.x, crop["x"]))
    )
    lookup = np.ix_(rows, columns)
    return Estimate(depth[lookup], normal[lookup])


@functools.cache
def estimator(device: str, weights: Path | None) -> Any:
    """The embedded estimator on `device`, loaded once; its `weights` (folder) are those shipped unless given."""
    import torch

    from engine.monocular.embedded import EmbeddedEstimator

    return EmbeddedEstimator.load(torch.device(device), weights)


BASELINES: dict[str, Method] = {
    "flat": flat,
    "inflation": inflation,
    "half inflation": half_inflation,
    "shape from shading": shading,
}
