# SPDX-License-Identifier: GPL-3.0-or-later
"""Shards of views of everything that the sources offer, and of procedural shapes."""

from __future__ import annotations

import random
import zlib
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch

from engine.training.random_numbers import RandomNumbers
from engine.training.things.model import Item, RejectedError
from engine.training.things.packages import opened
from engine.training.things.shape import shaped
from engine.training.things.shards import SHARD, Record, Split, write
from engine.training.things.sources import SOURCES, split_of
from engine.training.things.views import View, procedural_views, thing_views

SIZE = 256
PROCEDURAL = "procedural"
PACE = 0.25
"""Share of the shapes, and of what is held out, that is made by when the things to learn from are done."""


@dataclass(frozen=True)
class Subject:
    """Something to be looked at."""

    name: str
    group: str
    look: Callable[[RandomNumbers, int], tuple[list[View], int, bool]]
    """From random numbers and the size of a view: views, faces, whether there is a texture. Raises RejectedError."""


@dataclass(frozen=True)
class Job:
    """A shard to make."""

    file: Path
    source: str
    split: Split
    subjects: tuple[Subject, ...]


def jobs(packages: Path, unpacked: Path, output: Path, procedural: int) -> list[Job]:
    """All shards of all sources and of `procedural` shapes, mixed so that what is there at any time is varied, but
    real things before most shapes. Packages are looked for in `packages` and unpacked below `unpacked`.
    """
    waiting: list[tuple[float, Job]] = []

    def add(source: str, split: Split, subjects: list[Subject], pace: float = 1.0) -> None:
        random.Random(0).shuffle(subjects)
        for k in range(0, len(subjects), SHARD):
            file = output / f"{split}_{source}_{k // SHARD:04d}.safetensors"
            waiting.append((k / len(subjects) / pace, Job(file, source, split, tuple(subjects[k : k + SHARD]))))

    for source in SOURCES:
        splits: dict[Split, list[Subject]] = defaultdict(list)
        for item in source.items(opened(source.about, packages, unpacked)):
            splits[split_of(source, item)].append(Subject(item.name, item.group, partial(_look, item)))
        for split, subjects in splits.items():
            add(source.about.name, split, subjects, 1.0 if split == "train" else PACE)
    shapes = [Subject(f"{k:05d}", f"{k:05d}", _look_at_shape) for k in range(procedural)]
    add(PROCEDURAL, "development", shapes[:SHARD])
    add(PROCEDURAL, "train", shapes[SHARD:], PACE)
    return [job for _, job in sorted(waiting, key=lambda pair: pair[0])]


def make(job: Job, size: int = SIZE) -> None:
    """Makes the shard of `job`, unless it is there; the same job gives the same shard."""
    if job.file.with_suffix(".json").exists():
        return
    records: list[Record] = []
    views: list[list[View]] = []
    rejected: list[dict[str, str]] = []
    for subject in job.subjects:
        dice = RandomNumbers(torch.Generator().manual_seed(zlib.crc32(f"{job.source}/{subject.name}".encode())))
        try:
            some, faces, textured = subject.look(dice, size)
        except RejectedError as error:
            rejected.append({"id": subject.name, "why": str(error)})
            continue
        records.append(Record(subject.name, job.source, subject.group, job.split, faces, textured))
        views.append(some)
    write(job.file, records, views, rejected)


def _look(item: Item, dice: RandomNumbers, size: int) -> tuple[list[View], int, bool]:
    model = item.load()
    shape = shaped(model, item.crease)
    textured = any(material.texture is not None for material in model.materials)
    return thing_views(dice, shape, size), len(model.corners), textured


def _look_at_shape(dice: RandomNumbers, size: int) -> tuple[list[View], int, bool]:
    return procedural_views(dice, size), 0, False
