# SPDX-License-Identifier: GPL-3.0-or-later
"""What a method recovers of one case, in figures."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from engine.devices import peak_memory
from engine.geometry.conformal_map import flatten_near_identity
from engine.geometry.normals import normals
from engine.methods.dreamtexture.depth import solve_depth
from tests.benchmark.measuring import metrics, subjects
from tests.benchmark.measuring.concavity import concave_share
from tests.benchmark.measuring.subjects import Estimate, Subject
from tests.benchmark.methods.engine import models, reconstructed
from tests.benchmark.methods.surfaces import embedded, flat, inflation
from tests.benchmark.scenes.cases import Case


@dataclass(frozen=True)
class Recovery:
    """Figures as `metrics` defines them; those of coordinates and costs are 0 where a method has none."""

    depth_mse: float
    normal_mse: float
    angle: float
    hollow: float
    """As `concavity.concave_share` defines it, of cups; NaN of anything else."""
    memory: int
    """Peak of this process so far, bytes."""
    estimate: Estimate
    shown: list[NDArray[np.floating]] = field(default_factory=list)
    """The texture on its way, where there is one."""
    foldovers: int = 0
    conformal_energy: float = 0.0
    steps: int = 0
    seconds: float = 0.0
    step_seconds: float = 0.0


def recover(name: str, case: Case, device: str) -> Recovery:
    """Method `name` on `case`, on torch's `device`."""
    subject = subjects.rendered(case)
    match name:
        case "flat":
            return _measured(case, subject, flat(subject), device)
        case "inflation":
            return _measured(case, subject, inflation(subject), device)
        case "estimator":
            return _measured(case, subject, embedded(models(device)[1], subject), device)
        case "true coordinates":
            return _measured(case, subject, _lifted_truth(subject), device)
    made = reconstructed(name, device, subject)
    quality = made.output.quality
    return _measured(
        case, subject, made.estimate, device, shown=made.shown, foldovers=quality["foldovers"],
        conformal_energy=quality["conformal_energy"], steps=quality["sds_steps"], seconds=made.seconds,
        step_seconds=made.step_seconds,
    )  # fmt: skip


def _measured(case: Case, subject: Subject, estimate: Estimate, device: str, **costs: Any) -> Recovery:
    estimate = estimate.everywhere()
    where = subject.where
    hollow = concave_share(estimate.depth, subject.depth, where) if case.shape == "cup" else float("nan")
    return Recovery(
        depth_mse=metrics.depth_mse(estimate.depth, subject.depth, where),
        normal_mse=metrics.normal_mse(estimate.normal, subject.normal, where),
        angle=metrics.normal_angle(estimate.normal, subject.normal, where),
        hollow=hollow,
        memory=peak_memory(torch.device(device))["host"],
        estimate=estimate,
        **costs,
    )


def _lifted_truth(subject: Subject) -> Estimate:
    """The surface that stage II makes of the true surface's texture coordinates, told nothing else."""
    depth = solve_depth(flatten_near_identity(subject.depth, subject.where), subject.where).depth
    return Estimate(depth, normals(depth, np.isfinite(depth)))
