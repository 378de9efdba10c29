# SPDX-License-Identifier: GPL-3.0-or-later
"""Stage II as it is by default: from texture coordinates to depth in closed form, refined by Newton's method.

What it does otherwise than the paper, and why:
- it starts from the depth that solves the conformal equations pixel by pixel, instead of a sphere, and tries two sets
  of signs, since descent never turns a dent that it started with into a bump;
- it minimises the energy per texture area by Newton's method, in a few steps instead of tens of thousands;
- it weighs smoothness by how noisy the coordinates prove to be: what a depth without smoothing leaves of the energy
  is their variance, up to a factor, and that is how a maximum a posteriori estimate weighs its prior. So exact
  coordinates are lifted exactly, and aligned ones don't come out bumpy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from engine.geometry.grid_mesh import Floats, GridMesh, Mask, inner
from engine.geometry.inflation import inflate
from engine.geometry.laplacian import laplacian
from engine.methods.dreamtexture.depth_energy import DepthEnergy, Metric, minimize
from engine.methods.dreamtexture.depth_signs import Slopes

Candidate = Literal["inflation", "spectral", "start"]

ROUGH_STEPS = 4  # Newton steps without smoothing, for each candidate
PREFERENCE = (
    0.97  # of the inflated silhouette's energy, so that the other candidate wins only where it is clearly better
)
GRID_ERROR = 0.001  # mean distortion that even exact coordinates leave on a grid; up to it nothing is smoothed
NOISE = 0.005  # mean distortion at which the smoothness counts as given
MAX_NOISE = 1.5  # times that; more would rather flatten the object than smooth it


@dataclass(frozen=True)
class DepthSolution:
    """What stage II found."""

    depth: Floats
    """(N, N) in half crops towards the camera, NaN outside the mesh; the parts' contours have the same mean depth, the
    whole has mean 0."""
    energy: float
    """What was minimised, smoothing included, per texture area (see `depth_energy`); at least 0."""
    candidate: Candidate
    """Where the signs of the slopes come from."""
    iterations: int
    """Newton steps taken from that candidate."""


def solve_depth(
    coordinates: NDArray[np.floating],
    mask: Mask,
    *,
    steps: int = 25,
    smoothness: float = 0.01,
    robust: bool = True,
    start: NDArray[np.floating] | None = None,
) -> DepthSolution:
    """The depth on which `coordinates` (N, N, 2) are closest to conformal, over `mask` (N, N).

    steps: Newton steps at the most. smoothness: weight of the bending, 0 for none. robust: don't let fold-overs tear
    the surface. start: a depth (N, N) that tells the slopes' signs; without it, they come from the inflated silhouette
    or from each other. Pixels in no complete square of four are left out; StageError is raised where all
    of them are.
    """
    mesh = GridMesh.from_mask(mask & np.isfinite(coordinates).all(-1))
    metric = Metric(mesh, mesh.read(coordinates))
    slopes = Slopes(mesh, metric)
    balloon = mesh.read(inflate(mesh.used))
    starts: dict[Candidate, Floats]
    if start is None:
        starts = {"inflation": slopes.like(balloon), "spectral": slopes.coherent(balloon)}
    else:
        starts = {"start": slopes.like(mesh.read(start))}

    distortion = DepthEnergy(mesh, metric, robust=robust)
    rough = {name: minimize(distortion, z, min(steps, ROUGH_STEPS)) for name, z in starts.items()}
    noise = (min(distortion.value(z) for z, _ in rough.values()) - GRID_ERROR) / NOISE
    energy = DepthEnergy(
        mesh, metric, robust=robust, bending=smoothness * np.clip(noise, 0, MAX_NOISE), thickness=balloon.mean()
    )

    def handicapped(name: Candidate) -> float:
        return energy.value(rough[name][0]) * (PREFERENCE if name == "inflation" else 1)

    candidate = min(rough, key=handicapped)
    z, taken = rough[candidate]
    z, more = minimize(energy, z, steps - taken)
    return DepthSolution(mesh.image(_level(mesh, z)), energy.value(z), candidate, taken + more)


def _level(mesh: GridMesh, z: Floats) -> Floats:
    """`z` (V,) with its free constants set: contours of all the parts at the same mean depth, the whole at mean 0."""
    contour = 1.0 - mesh.read(inner(mesh.used))
    count, part = mesh.components
    z = z - (np.bincount(part, contour * z, count) / np.bincount(part, contour, count))[part]
    return z - z.mean()


def smoothness_of(depth: NDArray[np.floating], mask: Mask) -> float:
    """Mean absolute Laplacian of `depth` (N, N) over the inner pixels of `mask`: the paper's measure of snapshots."""
    known = np.where(mask, depth, np.nan)
    absolute = np.abs(laplacian(torch.from_numpy(np.nan_to_num(known))).numpy())
    return float(absolute[inner(np.isfinite(known))].mean())


def blurred(depth: NDArray[np.floating], reach: float) -> Floats:
    """`depth` (N, N) under a Gaussian of standard deviation `reach` (half crops), which leaves out what is NaN."""
    known = np.isfinite(depth)
    pixels = reach * len(depth) / 2
    weight = gaussian_filter(known.astype(np.float64), pixels)
    mean = gaussian_filter(np.where(known, depth, 0.0), pixels) / np.maximum(weight, np.finfo(np.float64).tiny)
    return np.where(known, mean, np.nan)
