# SPDX-License-Identifier: GPL-3.0-or-later
"""Views of things from shards on disk."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import safe_open
from torch import Tensor

from engine.surface.surface_network import unit
from engine.training.views import Views, unpack

PACKED = ("depth", "normal", "part", "openness", "light", "lamps", "rotation", "frame")
"""What `unpack` takes of a shard as it is."""


@dataclass
class Things:
    """Views of things with all that is known of them; tensors (B, C, N, N) unless told."""

    views: Views
    thickness: Tensor
    """(B, 1, N, N) front depth less exit depth, 0 outside the mask."""
    exit_normal: Tensor
    """(B, 3, N, N) unit, away from the camera; 0 outside the mask."""
    albedo: Tensor
    """(B, 3, N, N) display colours 0..1 where `coloured`."""
    coloured: Tensor
    """(B,) bool: whether the thing has colours of its own."""
    closed: Tensor
    """(B,) 1 where the exit layer means something."""
    upright: Tensor
    """(B,) 1 where the object's y axis is up in the world."""


class Shards:
    """The views in complete shards."""

    def __init__(self, notes: Sequence[Path]) -> None:
        """`notes`: the .json files beside the shards; a shard is complete as soon as it has one."""
        self.objects: list[list[tuple[Path, int]]] = []
        """Of each object its views: file and number in it."""
        for note in notes:
            file = note.with_suffix(".safetensors")
            if not json.loads(note.read_bytes())["objects"]:
                continue
            with safe_open(file, "pt") as shard:
                whose = shard.get_tensor("object").tolist()
            views: dict[int, list[tuple[Path, int]]] = {}
            for k, thing in enumerate(whose):
                views.setdefault(thing, []).append((file, k))
            self.objects += views.values()

    def __len__(self) -> int:
        """How many objects."""
        return len(self.objects)

    def draw(self, count: int, size: int, generator: torch.Generator) -> Things:
        """Views of `count` objects drawn at random, each object as likely as any other."""
        which = torch.randint(len(self.objects), (count,), generator=generator).tolist()
        views = [self.objects[k] for k in which]
        return self.read([v[int(torch.randint(len(v), (), generator=generator))] for v in views], size)

    def read(self, where: list[tuple[Path, int]], size: int) -> Things:
        """The views at `where` on a grid of `size` pixels."""
        parts: list[dict[str, Tensor]] = []
        for file, k in where:
            with safe_open(file, "pt") as shard:
                names = [n for n in shard.keys() if n != "bulge"]  # noqa: SIM118 (a file, not a dict)
                parts.append({n: _sampled(shard.get_slice(n)[k : k + 1], size) for n in names})
        t = {name: torch.cat([part[name] for part in parts]) for name in parts[0] if all(name in p for p in parts)}
        count = len(where)
        packed = {name: t[name] for name in PACKED}
        packed["seen"] = torch.zeros(count, 1, size, size, dtype=torch.uint8)
        packed["bulge"] = torch.zeros(count, 1, 8, 8)
        views = unpack(packed, torch.device("cpu"))
        thickness = (views.depth - t["exit_depth"].float()).clamp_min(0) * views.mask
        away = unit(t["exit_normal"].float())
        albedo = torch.zeros(count, 3, size, size)
        for k, part in enumerate(parts):
            if "albedo" in part:
                albedo[k] = part["albedo"][0].float() / 255
        return Things(
            views, thickness, away * views.mask, albedo, t["coloured"] > 0, t["closed"].float(), t["upright"].float()
        )


def _sampled(values: Tensor, size: int) -> Tensor:
    """Images (1, C, N, N) at every so many pixels, so that `size` are left; anything else as it is."""
    if values.dim() < 4:
        return values
    step = values.shape[-1] // size
    return values[..., step // 2 :: step, step // 2 :: step]
