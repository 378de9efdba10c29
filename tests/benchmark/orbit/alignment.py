# SPDX-License-Identifier: GPL-3.0-or-later
"""Scale and shift of every view's depth, so that all views tell of one surface: for views whose outlines are true.

Estimated depth is known up to a scale and a shift. Left to the training loss they are found slowly and badly; so they
are fixed before: from the normals, which know the scale of each view alone, then so that surfaces seen twice agree,
stay inside the other views' silhouettes, and are not in front of the others'.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from scipy.ndimage import binary_erosion, median_filter
from torch import Tensor
from torch.nn import functional as F

from engine.field.view import View
from engine.geometry.sampling import bilinear, nearest

DISTANCE = 3.0  # of the object's centre from every camera
SCALES = torch.logspace(math.log10(0.02), math.log10(2.0), 47)  # tried against the normals
TRIED_SCALES = SCALES[10:43:2]  # against the other views, 0.05 to 1.3
TRIED_SHIFTS = torch.arange(2.2, 3.401, 0.05)
POINTS = 1500  # drawn from each view
TRIED_POINTS = 250  # of them, while trying scales and shifts
WINDOW = 5  # pixels whose median rids depths and normals of their noise, and leaves edges where they are
ANGLE = 0.15  # radians by which normals that agree differ
SAME = 0.08  # world units by which depths that agree differ

OUTSIDE, IN_FRONT, FROM_NORMALS, OUTWARDS = 6.0, 3.0, 1.0, 0.3
"""Weights of the terms of the cost; the agreement of depths has 1. OUTWARDS draws all surfaces towards their cameras,
until silhouettes object: agreeing on too small an object would else cost nothing."""


@dataclass(frozen=True)
class Fit:
    """How a view's depth becomes one in world units: shift + scale * its normalised depth."""

    scale: float
    shift: float


def normalised(view: View) -> Tensor:
    """The view's depth (N, N) with median 0 and standard deviation 1 in the mask; 0 outside."""
    inside = view.depth[view.mask]
    return torch.where(view.mask, (view.depth - inside.median()) / inside.std().clamp(min=1e-9), 0.0)


def aligned(view: View, fit: Fit) -> View:
    """The view with its depth in world units."""
    return view.with_depth(fit.shift + fit.scale * normalised(view))


def gauge(view: View) -> Fit:
    """The fit of the first view, by which all others are measured: its scale from its normals, and, since half of
    what it sees lies before the object's centre, a shift of half a standard deviation to the camera.
    """
    scale = scale_from_normals(view)
    return Fit(scale, DISTANCE - scale / 2)


def scale_from_normals(view: View) -> float:
    """Of SCALES the one that the view's normals like best."""
    return float(SCALES[agreement(view).argmax()])


def agreement(view: View) -> Tensor:
    """How well the slopes of the view's depth, its median at DISTANCE, agree with its normals: (S,) 0..1, for each of
    SCALES.

    Counted robustly, the mean of exp(-angle^2 / (2 ANGLE^2)): at edges inside the object no scale agrees. Where all
    that is seen is flat and faces the camera, all scales agree nearly alike.
    """
    mask = view.mask.cpu().numpy()
    depth = median_filter(normalised(view).cpu().numpy(), WINDOW)
    down, right = np.gradient(depth)
    normal = median_filter((view.normal @ view.camera.rotation).cpu().numpy(), (WINDOW, WINDOW, 1))
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True).clip(1e-6)
    chosen = torch.from_numpy(binary_erosion(mask, iterations=3) & (normal[..., 2] > 0.25))
    if not chosen.any():
        return torch.ones_like(SCALES)
    slope = torch.from_numpy(np.stack([right, -down], -1))[chosen] * view.camera.focal_length
    z = DISTANCE + SCALES[:, None, None] * torch.from_numpy(depth)[chosen][:, None]
    ray = (view.camera.rays() @ view.camera.rotation).cpu()[chosen]
    slopes = SCALES[:, None, None] * slope
    # The normal of the surface at (x, y, -1) z(x, y) is (z_x, z_y, z + x z_x + y z_y).
    found = torch.cat([slopes, z + (slopes * ray[:, :2]).sum(-1, keepdim=True)], -1)
    cosine = (F.normalize(found, dim=-1) * torch.from_numpy(normal)[chosen]).sum(-1)
    return torch.exp(-(cosine.clamp(-1, 1).arccos() ** 2) / (2 * ANGLE**2)).mean(1)


def align(
    views: Sequence[View], known: Sequence[Fit], generator: torch.Generator, *, fixed: int = 1, steps: int = 120
) -> list[Fit]:
    """Fits of all `views`, whose depths are up to scale and shift.

    known: fits of the first views from before, at least of the first `fixed`, which stay as they are. The first view
    alone is the gauge; with `fixed` 0 (only sensible where silhouettes surround the object) it is fitted too.
    """
    aligner = _Aligner(views, generator)
    fits = list(known)
    for k in range(len(fits), len(views)):
        fits.append(aligner.scanned(k, fits) if fits else gauge(views[0]))
    if len(views) == 1 or fixed >= len(views):
        return fits
    for _ in range(2):
        for k in range(fixed, len(views)):
            fits[k] = aligner.scanned(k, [*fits[:k], None, *fits[k + 1 :]])
    return aligner.refined(fits, fixed, steps)


class _Aligner:
    def __init__(self, views: Sequence[View], generator: torch.Generator) -> None:
        self.views = views
        self.depths = [normalised(view) for view in views]
        self.dislikes = [-agreement(view).clamp(min=1e-3).log() for view in views]
        self.rays, self.values, self.normals = [], [], []
        for view, depth in zip(views, self.depths, strict=True):
            inside = view.mask.nonzero()
            drawn = inside[torch.randint(len(inside), (POINTS,), generator=generator)].unbind(1)
            self.rays.append(view.camera.rays()[drawn])
            self.values.append(depth[drawn])
            self.normals.append(view.normal[drawn])

    def scanned(self, k: int, fits: Sequence[Fit | None]) -> Fit:
        """The best fit of view `k` of those on a coarse grid, given those of the others that are known."""
        scales, shifts = (grid.flatten() for grid in torch.meshgrid(TRIED_SCALES, TRIED_SHIFTS, indexing="ij"))
        cost = OUTWARDS * shifts + FROM_NORMALS * self._dislike(k, scales, shifts)
        with torch.no_grad():
            for j, fit in enumerate(fits):
                if fit is not None:
                    other = torch.tensor(fit.scale), torch.tensor(fit.shift)
                    cost = cost + self._pair(k, scales, shifts, j, *other, TRIED_POINTS)
        best = cost.argmin()
        return Fit(float(scales[best]), float(shifts[best]))

    def refined(self, fits: Sequence[Fit], fixed: int, steps: int) -> list[Fit]:
        """All fits together by Adam; the first `fixed` stay."""
        count = len(fits)
        start = torch.tensor([math.log(fit.scale) for fit in fits])
        logs, shifts = start.clone().requires_grad_(), torch.tensor([fit.shift for fit in fits]).requires_grad_()
        free = (torch.arange(count) >= fixed).float()
        optimizer = torch.optim.Adam([logs, shifts], lr=0.02)
        for step in range(steps):
            optimizer.param_groups[0]["lr"] = 0.02 * 0.05 ** (step / steps)
            scales = logs.exp()
            dislikes = torch.stack([self._dislike(k, scales[k], shifts[k]) for k in range(count)])
            cost = (free * (FROM_NORMALS * dislikes + OUTWARDS * shifts)).sum()
            for k in range(count):
                for j in range(count):
                    if j != k and max(j, k) >= fixed:
                        own = scales[k : k + 1], shifts[k : k + 1]
                        cost = cost + self._pair(k, *own, j, scales[j], shifts[j], POINTS)[0]
            optimizer.zero_grad()
            cost.backward()
            for parameter in (logs, shifts):
                assert parameter.grad is not None
                parameter.grad *= free
            optimizer.step()
        found = zip(logs.detach().exp().tolist(), shifts.detach().tolist(), strict=True)
        return [*fits[:fixed], *(Fit(*pair) for pair in list(found)[fixed:])]

    def _dislike(self, k: int, scales: Tensor, shifts: Tensor) -> Tensor:
        """Minus the logarithm of the normals' agreement with fits of these scales and shifts (...), interpolated:
        farther off the same surface has smaller slopes.
        """
        last = len(SCALES) - 1
        place = (scales * DISTANCE / shifts / SCALES[0]).log() * (last / (SCALES[-1] / SCALES[0]).log())
        left = place.detach().long().clamp(0, last - 1)
        return torch.lerp(self.dislikes[k][left], self.dislikes[k][left + 1], place - left)

    def _pair(
        self, k: int, scale: Tensor, shift: Tensor, j: int, other_scale: Tensor, other_shift: Tensor, count: int
    ) -> Tensor:
        """Cost (Q,) of `count` points of view `k` against view `j`, for scales (Q,) and shifts (Q,) of `k`."""
        view, other, normals = self.views[k], self.views[j], self.normals[k][:count]
        depth = shift[:, None] + scale[:, None] * self.values[k][:count]
        points = view.camera.eye + depth[..., None] * self.rays[k][:count]
        places, distance = other.camera.project(points)
        outside = bilinear(other.silhouette_distance, places.reshape(-1, 2)).reshape(distance.shape)
        beyond = (outside * distance / other.camera.focal_length).clamp(min=0)
        cost = OUTSIDE * F.smooth_l1_loss(beyond, torch.zeros_like(beyond), reduction="none", beta=0.03)

        behind = distance - (other_shift + other_scale * nearest(self.depths[j], places.detach()))
        within = (outside < -1).detach()
        towards = F.normalize(other.camera.eye - points.detach(), dim=-1)
        same = within & ((normals * towards).sum(-1) > 0.25)
        same &= (nearest(other.normal, places.detach()) * normals).sum(-1) > 0.7
        cost = cost + same * 0.5 * behind**2 / (behind**2 + SAME**2)  # Geman and McClure 1985
        before = within * (-behind - 0.02).clamp(min=0)
        cost = cost + IN_FRONT * F.smooth_l1_loss(before, torch.zeros_like(before), reduction="none", beta=0.05)
        return cost.mean(1)
