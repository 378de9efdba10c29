# SPDX-License-Identifier: GPL-3.0-or-later
"""The ways to a surface that are compared, by name."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import numpy as np

from engine.geometry.inflation import inflate
from engine.geometry.normals import normals
from tests.benchmark.measuring.subjects import Estimate, Method, Subject
from tests.benchmark.methods.shape_from_shading import shape_from_shading


def method(name: str, device: str = "cpu", weights: Path | None = None) -> Method:
    """The way called `name`: one of BASELINES, "embedded", "surface", or a preset of the engine's, optionally with
    settings as in "standard,steps=100"."""
    if name in BASELINES:
        return BASELINES[name]
    if name == "embedded":
        return functools.partial(embedded, estimator(device, weights))
    if name == "surface":
        return functools.partial(embedded, surface_estimator(device, weights))
    return functools.partial(preset, name, device)


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


def preset(name: str, device: str, subject: Subject) -> Estimate:
    """What a job of the engine's finds."""
    from tests.benchmark.methods.engine import reconstructed

    return reconstructed(name, device, subject).estimate


@functools.cache
def estimator(device: str, weights: Path | None) -> Any:
    """The embedded estimator on `device`, loaded once; its `weights` (folder) are those shipped unless given."""
    import torch

    from engine.surface.embedded import EmbeddedEstimator

    return EmbeddedEstimator.load(torch.device(device), weights)


@functools.cache
def surface_estimator(device: str, weights: Path | None) -> Any:
    """The surface network, as `estimator`."""
    import torch

    from engine.surface.surface_estimator import SurfaceEstimator

    return SurfaceEstimator.load(torch.device(device), weights)


BASELINES: dict[str, Method] = {
    "flat": flat,
    "inflation": inflation,
    "half inflation": half_inflation,
    "shape from shading": shading,
}
