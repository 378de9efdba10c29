# SPDX-License-Identifier: GPL-3.0-or-later
"""The pool of views on disk: random objects seen by random cameras, or all round from POP3D's orbit."""

from __future__ import annotations

import math
import multiprocessing
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from engine.training.objects import random_object
from engine.training.random_numbers import RandomNumbers
from engine.training.shapes import Caster, make_shape
from engine.training.views import gathered, orbit_cameras, random_camera, random_lamps, save_shard, view

Kind = Literal["single", "orbit"]
RESOLUTION = 112
"""Cells of the marching cubes along the longest side."""
VIEWS_PER_SHAPE = 4
SMALLEST, LARGEST = 0.05, 0.85
"""Share of the crop that an object covers; other views are left out."""


def random_views(rng: RandomNumbers, kind: Kind, size: int) -> list[dict[str, Tensor]]:
    """Views of one random object at `size` x `size`: up to VIEWS_PER_SHAPE by random cameras, or the orbit's eight."""
    thing = random_object(rng)
    shape = make_shape(thing.thing, RESOLUTION)
    if shape is None:
        return []
    caster = Caster(shape)
    if kind == "orbit":
        cameras = orbit_cameras(rng.uniform(0, 2 * math.pi))
        lamps = random_lamps(rng) @ cameras[0].rotation
        return [
            view(caster, c, (lamps @ c.rotation.T).astype(np.float32), size, floor=False, others=cameras)
            for c in cameras
        ]
    views = []
    for _ in range(VIEWS_PER_SHAPE):
        camera, floor = random_camera(rng, shape, thing.upright), thing.upright and rng.chance(0.6)
        one = view(caster, camera, random_lamps(rng), size, floor, others=[])
        if SMALLEST < float((one["part"] > 0).float().mean()) < LARGEST:
            views.append(one)
    return views


def make_shard(file: Path, kind: Kind, shapes: int, size: int, seed: int) -> None:
    """Writes the views of `shapes` random objects to `file`."""
    torch.set_num_threads(1)
    rng = RandomNumbers(torch.Generator().manual_seed(seed))
    packed: list[dict[str, Tensor]] = []
    for _ in range(shapes):
        packed += random_views(rng, kind, size)
    save_shard(file, gathered(packed))


def make_pool(folder: Path, kind: Kind, shapes: int, size: int, processes: int, shard: int = 50) -> list[Path]:
    """Fills `folder` with shards of `shard` objects until there are `shapes`; what is there already stays."""
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / f"{kind}_{size}_{k:05d}.safetensors" for k in range(-(-shapes // shard))]
    jobs = [(file, kind, shard, size, k) for k, file in enumerate(files) if not file.exists()]
    with multiprocessing.get_context("spawn").Pool(processes) as workers:
        for _ in tqdm(workers.imap_unordered(_make_shard, jobs), total=len(jobs), desc="shapes", unit="shard"):
            pass
    return files


def _make_shard(job: tuple[Path, Kind, int, int, int]) -> None:
    make_shard(*job)
