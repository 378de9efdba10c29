# SPDX-License-Identifier: GPL-3.0-or-later
"""How good the surface network is on pictures whose truth is known."""

from __future__ import annotations

import math
from dataclasses import fields

import torch
from torch import Tensor

from engine.surface.surface_network import Prediction, SurfaceNetwork
from engine.training.surface_losses import Truth, centred, tilt
from engine.training.surface_pictures import Sample

AT_ONCE = 16


@torch.no_grad()
def look(model: SurfaceNetwork, sample: Sample) -> Prediction:
    """What `model` says of `sample`, a look as it is used: without the mirrored one."""
    parts = []
    for rows in torch.arange(len(sample.picture)).split(AT_ONCE):
        parts.append(model(sample.picture[rows], sample.truth.mask[rows], sample.known[rows]))
    return Prediction(**{f.name: torch.cat([getattr(p, f.name) for p in parts]) for f in fields(Prediction)})


def figures(found: Prediction, truth: Truth, known: Tensor) -> dict[str, float]:
    """Means over the pictures in which each is known: angles in degrees, depths in half crops.

    normal, exit_normal, up: angles; depth: absolute error up to a constant; tilt: slope of its error as a whole;
    thickness: its error as a share of the depth's extent; sure: correlation over pixels of the angle that the normals'
    uncertainty leads to expect with the true one; iou: of the masks that aren't told.
    """
    rows: dict[str, list[float]] = {}
    for k in range(len(known)):
        one = {f.name: getattr(truth, f.name)[k : k + 1] for f in fields(Truth)}
        seen = one["mask"][0, 0] > 0.5
        if not known[k]:
            rows.setdefault("iou", []).append(_iou(found.mask[k, 0] > 0, seen))
        if not one["surface"] or not known[k] or not seen.any():
            continue
        mask = seen[None, None].float()
        angle = _angle(found.normal[k], one["normal"][0])[seen]
        error = centred(found.depth[k : k + 1] - one["depth"], mask)
        rows.setdefault("normal", []).append(float(angle.mean()))
        rows.setdefault("depth", []).append(float(error.abs().sum() / mask.sum()))
        rows.setdefault("tilt", []).append(float(tilt(error, mask)))
        expected = 1 / found.concentration[k, 0][seen]
        rows.setdefault("sure", []).append(float(torch.corrcoef(torch.stack([expected, angle]))[0, 1].nan_to_num()))
        if one["closed"]:
            depth, thickness = one["depth"][0, 0][seen], one["thickness"][0, 0][seen]
            extent = depth.max() - (depth - thickness).min()
            off = (found.thickness[k, 0][seen] - thickness).abs().mean()
            rows.setdefault("thickness", []).append(float(off / extent.clamp_min(1e-3)))
            far = _angle(found.exit_normal[k], one["exit_normal"][0])[seen]
            rows.setdefault("exit_normal", []).append(float(far.mean()))
        if one["upright"]:
            between = (found.up[k] * one["up"][0]).sum().clamp(-1, 1)
            rows.setdefault("up", []).append(math.degrees(float(torch.acos(between))))
    return {name: sum(values) / len(values) for name, values in rows.items()}


def _angle(a: Tensor, b: Tensor) -> Tensor:
    """Degrees (N, N) between unit vectors (3, N, N)."""
    return torch.rad2deg(torch.acos((a * b).sum(0).clamp(-1, 1)))


def _iou(a: Tensor, b: Tensor) -> float:
    return float((a & b).sum() / (a | b).sum().clamp_min(1))
