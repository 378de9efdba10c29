# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures drawn ahead by one process, on a core of its own, and learned from by another, which never waits.

The drawing process writes small files into a folder, as long as few lie there; the learning one takes them into a
reservoir, the newest pictures for the oldest, and draws its batches from that. If drawing is the slower one, pictures
are learned from more than once.
"""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import torch
from safetensors.torch import load, save_file
from torch import Tensor

from engine.training.surface_losses import Truth
from engine.training.surface_pictures import Sample

AHEAD = 24
"""Files that may lie in the folder unread."""
BYTES = ("picture", "mask")
DIRECTIONS = ("normal", "exit_normal")


def packed(sample: Sample) -> dict[str, Tensor]:
    """`sample` in bytes and half precision."""
    t = {"picture": sample.picture, "known": sample.known}
    t |= {f.name: getattr(sample.truth, f.name) for f in fields(Truth)}
    for name in BYTES:
        t[name] = (t[name] * 255).round().to(torch.uint8)
    for name in DIRECTIONS:
        t[name] = (t[name] * 127).round().to(torch.int8)
    return {name: (v.half() if v.is_floating_point() else v).contiguous() for name, v in t.items()}


def unpacked(tensors: dict[str, Tensor]) -> Sample:
    """What `packed` made, in single precision."""
    t = {name: v.float() for name, v in tensors.items()}
    for name in BYTES:
        t[name] = t[name] / 255
    for name in DIRECTIONS:
        t[name] = t[name] * torch.rsqrt((t[name] ** 2).sum(1, keepdim=True).clamp_min(1))
    t["up"] = torch.nn.functional.normalize(t["up"], dim=1)
    picture, known = t.pop("picture"), t.pop("known")
    return Sample(picture, known, Truth(**t))


def room(folder: Path) -> bool:
    """Whether fewer files than AHEAD lie in the `folder`."""
    return len(list(folder.glob("*.safetensors"))) < AHEAD


def put(folder: Path, number: int, sample: Sample) -> None:
    """Writes `sample` into the `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f"{number:08d}.part"
    save_file(packed(sample), part)
    part.replace(part.with_suffix(".safetensors"))


class Reservoir:
    """The newest `room` pictures from a folder."""

    def __init__(self, folder: Path, room: int) -> None:
        self.folder, self.room = folder, room
        self.tensors: dict[str, Tensor] = {}
        self.taken = self.drawn = 0
        """How many pictures have been taken in, and how many were drawn for batches."""

    def __len__(self) -> int:
        return min(self.taken, self.room)

    def save(self, file: Path) -> None:
        """Keeps what it holds in `file`."""
        if self.tensors:
            save_file({name: value[: len(self)] for name, value in self.tensors.items()}, file)

    def look(self) -> None:
        """Takes in what lies in the folder."""
        for file in sorted(self.folder.glob("*.safetensors")):
            new = load(file.read_bytes())
            file.unlink()
            self.take(new)

    def take(self, new: dict[str, Tensor]) -> None:
        """Takes in pictures as `packed` makes them."""
        count = len(new["picture"])
        if not self.tensors:
            self.tensors = {n: torch.empty(self.room, *v.shape[1:], dtype=v.dtype) for n, v in new.items()}
        at = torch.arange(self.taken, self.taken + count) % self.room
        for name, value in new.items():
            self.tensors[name][at] = value
        self.taken += count

    def draw(self, count: int, generator: torch.Generator) -> Sample:
        """Any `count` of them, of which there must be some."""
        self.drawn += count
        which = torch.randint(len(self), (count,), generator=generator)
        sample = unpacked({name: value[which] for name, value in self.tensors.items()})
        sample.picture = developed_anew(sample.picture, generator)
        return mirrored(sample) if float(torch.rand((), generator=generator)) < 0.5 else sample


def developed_anew(picture: Tensor, generator: torch.Generator) -> Tensor:
    """Pictures (B, 3, N, N) a little lighter or darker, warmer or colder, noisier, so that none is seen twice."""
    count = len(picture)
    gamma = (0.15 * torch.randn(count, 1, 1, 1, generator=generator)).exp()
    gain = (0.06 * torch.randn(count, 3, 1, 1, generator=generator)).exp()
    noise = 0.015 * torch.rand(count, 1, 1, 1, generator=generator) * torch.randn(picture.shape, generator=generator)
    return (gain * picture.clamp_min(1e-3) ** gamma + noise).clamp(0, 1)


def mirrored(sample: Sample) -> Sample:
    """The same pictures mirrored left to right."""
    truth, sign = sample.truth, torch.tensor([-1.0, 1.0, 1.0])
    flipped = {f.name: getattr(truth, f.name) for f in fields(Truth)}
    flipped = {name: value.flip(3) if value.dim() == 4 else value for name, value in flipped.items()}
    for name in DIRECTIONS:
        flipped[name] = flipped[name] * sign[:, None, None]
    flipped["up"] = truth.up * sign
    return Sample(sample.picture.flip(3), sample.known, Truth(**flipped))
