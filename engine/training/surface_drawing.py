# SPDX-License-Identifier: GPL-3.0-or-later
"""The process that draws pictures for the surface network: which ones, and how many of each kind."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

import torch

from engine.training import surface_spool
from engine.training.cutouts import Photographs
from engine.training.surface_pictures import Sample, joined, photographed, things_cut_out, things_in_scenes
from engine.training.surface_shards import Shards

FILE = 60
"""Pictures a file: of 128 pixels a side; a quarter of that of 256."""
CUT_OUT, IN_SCENE = 0.6, 0.2
"""Shares of the pictures that show things whose masks are told, and things that are to be cut out; the others are
photographs, if there are any.
"""
REAL, FEW = 0.65, 200
"""Share of the things that are real ones, where there are far more than FEW; else less, lest they be learned by heart.
"""
MADE = "procedural"
"""Source of the things that are made up by rules."""
LOOK = 20
"""Files after which new shards are looked for."""


@dataclass(frozen=True)
class Sources:
    """Where shards lie: views of things in folders `things`, photographs and backgrounds."""

    things: tuple[Path, ...]
    photographs: Path
    backgrounds: Path

    def pools(self, split: str) -> tuple[Shards, Shards]:
        """Procedural things, and real ones."""
        files = [file for folder in self.things for file in sorted(folder.glob(f"{split}_*.json"))]
        made = [file for file in files if file.name.startswith(f"{split}_{MADE}_")]
        return Shards(made), Shards([file for file in files if file not in made])

    def pictures(self, split: str) -> Photographs | None:
        """The photographs, if there are any."""
        subjects = sorted(self.photographs.glob("train_*.safetensors"))
        behind = sorted(self.backgrounds.glob("train_*.safetensors"))
        found = Photographs(subjects, behind, split == "development")
        return found if found.subjects and found.behind else None


def draw_batch(
    made: Shards, real: Shards, photographs: Photographs | None, count: int, size: int, generator: torch.Generator
) -> Sample:
    """A mixture of all kinds."""
    parts = []
    cut_out, in_scene = round(CUT_OUT * count), round(IN_SCENE * count)
    if photographs is None:
        in_scene = count - cut_out
    else:
        parts.append(photographed(photographs, count - cut_out - in_scene, size, generator))
    share = REAL * len(real) / (len(real) + FEW) if len(made) else 1.0
    for shards, part in ((real, share), (made, 1 - share)):
        if (n := round(part * cut_out)) > 0:
            parts.append(things_cut_out(shards, n, size, generator))
        if (n := round(part * in_scene)) > 1:
            parts.append(things_in_scenes(shards, photographs, n, size, generator))
    return joined(parts)


def per_file(size: int) -> int:
    """Pictures of `size` pixels a side in a file."""
    return max(8, FILE * 128**2 // size**2)


def draw_forever(sources: Sources, folder: Path, size: int, seed: int, parent: int) -> None:
    """Fills `folder` with pictures as long as the process `parent` has this one; new shards are found as they come."""
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(seed)
    number = 0
    while os.getppid() == parent:
        if number % LOOK == 0:
            made, real = sources.pools("train")
            photographs = sources.pictures("train")
        while not surface_spool.room(folder):
            time.sleep(0.5)
            if os.getppid() != parent:
                return
        surface_spool.put(folder, number, draw_batch(made, real, photographs, per_file(size), size, generator))
        number += 1
