# SPDX-License-Identifier: GPL-3.0-or-later
"""Shards of the simplest things there are: balls and boards, all of whose layers are known."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

N = 64
RADIUS = 0.7


def things(folder: Path, split: str, source: str, objects: int, coloured: bool) -> None:
    """Writes a shard of `objects` balls, two views each, the first of its camera's looking down by half a radian."""
    folder.mkdir(parents=True, exist_ok=True)
    views = [_ball(pitch) | {"object": torch.tensor(k)} for k in range(objects) for pitch in (0.5, 0.0)]
    tensors = {name: torch.stack([v[name] for v in views]) for name in views[0]}
    if coloured:
        tensors["albedo"] = torch.tensor([200, 60, 20], dtype=torch.uint8)[None, :, None, None].repeat(
            len(views), 1, N, N
        )
    tensors["coloured"] = torch.full((len(views),), int(coloured), dtype=torch.uint8)
    file = folder / f"{split}_{source}_0000.safetensors"
    save_file({name: value.contiguous() for name, value in tensors.items()}, file)
    notes = {"format": 1, "objects": [{"id": f"{source}/{k}"} for k in range(objects)]}
    file.with_suffix(".json").write_text(json.dumps(notes))


def photographs(folder: Path, names: list[str]) -> Path:
    """Writes red discs on nothing, as photographs with alpha."""
    axis = torch.linspace(-1, 1, 80)
    disc = (torch.hypot(axis[:, None], axis) < 0.9).to(torch.uint8) * 255
    rgba = torch.stack([disc, disc // 8, disc // 8, disc])
    folder.mkdir(parents=True, exist_ok=True)
    save_file({name: rgba.clone() for name in names}, folder / "train_discs_0000.safetensors")
    return folder / "train_discs_0000.safetensors"


def backgrounds(folder: Path, names: list[str]) -> Path:
    """Writes blue boards to lay photographs on."""
    folder.mkdir(parents=True, exist_ok=True)
    board = torch.tensor([30, 60, 220], dtype=torch.uint8)[:, None, None].repeat(1, 90, 120)
    save_file({name: board.clone() for name in names}, folder / "train_boards_0000.safetensors")
    return folder / "train_boards_0000.safetensors"


def _ball(pitch: float) -> dict[str, Tensor]:
    axis = (torch.arange(N) + 0.5) / N * 2 - 1
    x, y = torch.meshgrid(axis, -axis, indexing="xy")
    z = (RADIUS**2 - x**2 - y**2).clamp_min(0).sqrt()
    mask = z > 0
    normal = torch.stack([x, y, z]) / RADIUS * mask
    sign = torch.tensor([1.0, 1.0, -1.0])[:, None, None]
    c, s = torch.cos(torch.tensor(pitch)), torch.sin(torch.tensor(pitch))
    rotation = torch.tensor([[1.0, 0, 0], [0, c, -s], [0, s, c]])
    openness = torch.cat([torch.ones(1, N, N), normal * 2 / 3]) * mask
    return {
        "depth": z[None].half(),
        "normal": (normal * 127).round().to(torch.int8),
        "part": mask[None].to(torch.uint8),
        "openness": (openness * 126).round().to(torch.int8),
        "light": (mask[None] * 7).to(torch.uint8),
        "bulge": z[None].half(),
        "lamps": torch.nn.functional.normalize(torch.tensor([[0.0, 0.5, 0.8], [0.6, 0.5, 0.6], [-1, 0.2, 0.5]]), dim=1),
        "rotation": rotation,
        "frame": torch.tensor([0.0, RADIUS, 0.0, 0.0, 0.0, -1.0]),
        "exit_depth": -z[None].half(),
        "exit_normal": (normal * sign * 127).round().to(torch.int8),
        "closed": torch.tensor(1, dtype=torch.uint8),
        "upright": torch.tensor(1, dtype=torch.uint8),
    }
