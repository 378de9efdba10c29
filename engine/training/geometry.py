# SPDX-License-Identifier: GPL-3.0-or-later
"""The visible surface of random objects with its conformal texture coordinates, and the pool of them on disk.

Frames as everywhere in the engine: x right, y up, z towards the camera, unit half the crop's side, orthographic.
"""

from __future__ import annotations

import multiprocessing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy.ndimage
import scipy.sparse as sp
import scipy.sparse.linalg as spl
import torch
from numpy.typing import NDArray
from torch import Tensor
from tqdm import tqdm

from engine.dreamtexture.coordinates import identity_map
from engine.dreamtexture.lscm import flatten_near_identity
from engine.guidance.inflated import coordinates_everywhere, inflated_coordinates
from engine.training.objects import Dice, random_object
from engine.training.signed_distance import Field

# A step in depth steeper than this is an occlusion: there one part hides another, the surface isn't continuous.
OCCLUSION_SLOPE = 6.0


@dataclass
class Surface:
    """The visible side of one object; arrays (N, N, ...), row 0 on top."""

    depth: NDArray[np.float32]
    """Relief: depth with the steps at occlusions taken out, so that one texture can cover it; 0 outside."""
    normal: NDArray[np.float32]
    """(N, N, 3) true normals of the object, unit length inside."""
    mask: NDArray[np.bool_]
    coordinates: NDArray[np.float32]
    """(N, N, 2) conformal texture coordinates of the relief, near the identity; the identity outside."""
    inflated: NDArray[np.float32]
    """(N, N, 2) those of the inflated silhouette: what the outline alone tells."""


def cast(field: Field, x: Tensor, y: Tensor, near: float, far: float, steps: int = 60) -> Tensor:
    """Depth (P,) at which rays through (x, y) (P,), going down z from `near` to `far`, enter `field`; NaN if never."""
    levels = torch.linspace(near, far, steps + 1)
    depth = torch.full_like(x, torch.nan)  # of the first level inside, at first
    alive = torch.arange(len(x))
    for block in levels[1:].split(12):
        rays = torch.stack([x[alive], y[alive]], 1)
        points = torch.cat([rays.repeat(len(block), 1), block.repeat_interleave(len(alive))[:, None]], 1)
        hit = (field(points) < 0).reshape(len(block), -1)
        found = hit.any(0)
        depth[alive[found]] = block[hit.int().argmax(0)[found]]
        alive = alive[~found]
        if not len(alive):
            break
    met = depth.isfinite().nonzero()[:, 0]
    low = depth[met]
    high = low + (near - far) / steps
    for _ in range(12):
        middle = (low + high) / 2
        inside = field(torch.stack([x[met], y[met], middle], 1)) < 0
        low, high = torch.where(inside, middle, low), torch.where(inside, high, middle)
    depth[met] = (low + high) / 2
    return depth


def pixel_grid(size: int) -> tuple[Tensor, Tensor]:
    """Pixel centres x, y (size, size) of the crop [-1, 1]^2, y up, row 0 on top."""
    x, y = identity_map(size, torch.empty(0))[0]
    return x, y


def framed(field: Field, margin: float) -> tuple[Field, float, float] | None:
    """`field` moved and scaled so that its outline fills the crop up to `margin`, and the highest and lowest depth of
    its visible side; None if there is nothing to see.
    """
    x, y = (1.6 * axis.flatten() for axis in pixel_grid(64))
    depth = cast(field, x, y, 1.8, -1.8, 40)
    seen = depth.isfinite()
    if not seen.any():
        return None
    xs, ys, zs = x[seen], y[seen], depth[seen]
    cx, cy = float(xs.max() + xs.min()) / 2, float(ys.max() + ys.min()) / 2
    half = max(float(xs.max() - xs.min()), float(ys.max() - ys.min())) / 2 + 0.025
    scale = half / (1 - margin)
    offset = torch.tensor([cx, cy, 0.0])
    return lambda p: field(p * scale + offset) / scale, float(zs.max()) / scale, float(zs.min()) / scale


def relief(depth: NDArray[np.float64], mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """`depth` (N, N) without its occlusion steps: a Poisson reconstruction that leaves their gradients out.

    The parts on both sides keep their shapes; their distance becomes what their other borders say.
    """
    n = mask.shape[0]
    index = np.full(mask.shape, -1)
    index[mask] = np.arange(mask.sum())
    filled = np.where(mask, depth, 0.0)
    rows, columns, steps = [], [], []
    for axis in (0, 1):
        a, b = (np.take(index, r, axis).ravel() for r in (range(n - 1), range(1, n)))
        step = np.diff(filled, axis=axis).ravel()
        both = (a >= 0) & (b >= 0)
        rows.append(a[both])
        columns.append(b[both])
        steps.append(step[both])
    a, b, step = (np.concatenate(parts) for parts in (rows, columns, steps))
    occluded = np.abs(step) * n / 2 > OCCLUSION_SLOPE
    if not occluded.any():
        return filled
    weight = np.where(occluded, 1e-4, 1.0)
    edges = np.arange(len(a))
    difference = sp.csr_matrix(
        (np.r_[-np.ones(len(a)), np.ones(len(a))], (np.r_[edges, edges], np.r_[a, b])), (len(a), int(mask.sum()))
    )
    weighted = difference.T @ sp.diags(weight)
    system = (weighted @ difference + 1e-9 * sp.eye(int(mask.sum()))).tocsc()
    solution = spl.splu(system, permc_spec="MMD_AT_PLUS_A").solve(weighted @ np.where(occluded, 0.0, step))
    result = np.zeros_like(filled)
    result[mask] = solution - solution.mean()
    return result


def visible_surface(dice: Dice, size: int) -> Surface | None:
    """A random object's visible side at `size` x `size`; None where it is too small, too thin or can't be flattened."""
    seen = framed(random_object(dice), margin=dice.uniform(0.08, 0.25))
    if seen is None:
        return None
    field, highest, lowest = seen
    x, y = (axis.flatten() for axis in pixel_grid(size))
    depth = cast(field, x, y, highest + 0.15, lowest - 0.15).reshape(size, size)
    # no single rows or columns of pixels: no triangle could cover them
    mask = scipy.ndimage.binary_opening(depth.isfinite().numpy(), np.ones((2, 2)))
    if not 0.06 * size**2 < mask.sum() < 0.8 * size**2:
        return None
    points = torch.stack([x, y, depth.flatten()], 1)[torch.from_numpy(mask.flatten())]
    step = 0.5 / size
    offsets = step * torch.eye(3)
    gradient = torch.stack([field(points + o) - field(points - o) for o in offsets], 1)
    normal = np.zeros((size, size, 3), np.float32)
    normal[mask] = torch.nn.functional.normalize(gradient, dim=1).numpy()
    flat = relief(depth.double().numpy(), mask)
    coordinates = flatten_near_identity(flat, mask)
    mask = np.isfinite(coordinates[..., 0])
    if np.nanmax(np.abs(coordinates)) > 4:
        return None
    return Surface(
        depth=np.where(mask, flat, 0).astype(np.float32),
        normal=np.where(mask[..., None], normal, 0),
        mask=mask,
        coordinates=coordinates_everywhere(coordinates).astype(np.float32),
        inflated=inflated_coordinates(mask).astype(np.float32),
    )


def make_shard(file: Path, count: int, size: int, seed: int) -> None:
    """Writes `count` surfaces to the .npz `file`: everything as float16 but the masks."""
    torch.set_num_threads(1)
    dice = Dice(torch.Generator().manual_seed(seed))
    surfaces: list[Surface] = []
    while len(surfaces) < count:
        surface = visible_surface(dice, size)
        if surface is not None:
            surfaces.append(surface)
    part = file.with_suffix(".part.npz")
    np.savez(
        part,
        depth=np.stack([s.depth for s in surfaces]).astype(np.float16),
        normal=np.stack([s.normal for s in surfaces]).astype(np.float16),
        mask=np.stack([s.mask for s in surfaces]),
        coordinates=np.stack([s.coordinates for s in surfaces]).astype(np.float16),
        inflated=np.stack([s.inflated for s in surfaces]).astype(np.float16),
    )
    part.replace(file)


def _make_shard(job: tuple[Path, int, int, int]) -> None:
    make_shard(*job)


def make_pool(folder: Path, count: int, size: int, processes: int, shard: int) -> list[Path]:
    """Fills `folder` with shards of `shard` surfaces until there are `count`; what is there already stays."""
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / f"surfaces_{size}_{shard}_{k:04d}.npz" for k in range(-(-count // shard))]
    missing = [(file, shard, size, k) for k, file in enumerate(files) if not file.exists()]
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        for _ in tqdm(pool.imap_unordered(_make_shard, missing), total=len(missing), desc="shapes", unit="shard"):
            pass
    return files
